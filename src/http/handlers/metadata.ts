/** Get the capability statement. */
import type { PracticeEntry } from '../../core/directory.js';
import type { Answer, GatewayHttp } from '../exchange.js';

export function readMetadata(http: GatewayHttp, entry: PracticeEntry): Promise<Answer> {
  const { capabilities } = entry.system;
  const limits = [
    ...(capabilities.slots === 'derived' ? ['Slots are worked out from sessions of the practice system.'] : []),
    ...(capabilities.multiSlot !== 'none' ? [] : ['One slot per appointment.']),
    ...(capabilities.storesText
      ? []
      : ['Description and comment are kept by the gateway and do not reach the practice system.']),
    `Free slots can be found up to ${capabilities.searchHorizonDays} days ahead.`,
  ];
  const resource = http.face.representation.writeCapabilities(http.declares, {
    version: http.version,
    releaseDate: http.releaseDate,
    limits,
  });
  return Promise.resolve({ status: 200, resource, touched: [] });
}
