export { createExchange, type Exchange } from './exchange.js';
export { EXCHANGE_LIMITS, type ExchangeLimits, type ExchangeOptions } from './line.js';
export { practiceError, type ReadRequest } from './read.js';
export type { Answer } from './answer.js';
export type { WriteOutcome, WriteRequest } from './write.js';
export { classify, type Interpret } from './classify.js';
export {
  callLimitsSchema,
  createResilience,
  type CallLimits,
  type Guard,
  type Resilience,
  type ResilienceLimits,
} from './guard/index.js';
