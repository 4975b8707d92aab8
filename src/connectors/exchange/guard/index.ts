export { callLimitsSchema, type CallLimits } from './call-limits.js';
export { createGate, type Gate } from './gate.js';
export { BREAKER_RULES, createBreaker, type BreakerRules } from './breaker.js';
export { createGuard, GUARD_LIMITS, type Errand, type Guard, type Passage, type Verdict } from './guard.js';
export { createResilience, RESILIENCE_LIMITS, type Resilience, type ResilienceLimits } from './resilience.js';
