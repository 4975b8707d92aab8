/** What an operator asks for, read strictly: a slip of the pen must not become another question or answer. */
import { ANSWERS, TASK_LISTS, type AnswerKind, type TaskList } from '../../core/operator/answers.js';
import type { TaskFilter } from '../../core/operator/tasks.js';
import type { OperatorAnswer } from '../../core/operator/resolve.js';
import { GatewayError } from '../../domain/errors.js';
import { isLogicalId, type AppointmentId, type PracticeAppointmentRef } from '../../domain/identifiers.js';
import { SECOND } from '../../domain/time.js';

const KINDS: readonly string[] = Object.values(ANSWERS).flat();
const MEMBERS: ReadonlySet<string> = new Set(['answer', 'references', 'reason', 'unchecked']);
const MOST_REFERENCES = 20;
const REFERENCE = /^[\x21-\x7e]{1,64}$/;
const SECONDS = /^[0-9]{1,9}$/;

function invalid(message: string): GatewayError {
  return new GatewayError('invalid-parameter', message);
}

export function parseFilter(query: URLSearchParams): TaskFilter {
  const single = new Map<string, string>();
  for (const [name, value] of query) {
    if (!['list', 'practice', 'olderThanSeconds'].includes(name)) {
      throw invalid('The parameters are list, practice and olderThanSeconds: remove the others');
    }
    if (single.has(name)) throw invalid(`The parameter ${name} is there twice: give it once`);
    single.set(name, value);
  }
  const lists = single.get('list')?.split(',');
  const unknown = lists?.find((list) => !(TASK_LISTS as readonly string[]).includes(list));
  if (unknown !== undefined)
    throw invalid(`The parameter list takes ${TASK_LISTS.join(', ')}, with commas between them`);
  const seconds = single.get('olderThanSeconds');
  if (seconds !== undefined && !SECONDS.test(seconds)) throw invalid('olderThanSeconds must be a whole number');
  const practice = single.get('practice');
  return {
    ...(lists && { lists: lists as TaskList[] }),
    ...(practice !== undefined && { practice }),
    ...(seconds !== undefined && { olderThanMs: Number(seconds) * SECOND }),
  };
}

export function parseId(text: string): AppointmentId {
  if (!isLogicalId(text)) throw new GatewayError('record-not-found', 'There is no attempt with this id');
  return text as AppointmentId;
}

export function parseAnswer(body: unknown, by: string): OperatorAnswer {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The body must be a JSON object with `answer` and `reason`');
  }
  const { answer, references = [], reason, unchecked = false } = body as Record<string, unknown>;
  if (Object.keys(body).some((name) => !MEMBERS.has(name))) {
    throw invalid('The members of the body are answer, references, reason and unchecked: remove the others');
  }
  if (typeof answer !== 'string' || !KINDS.includes(answer)) throw invalid(`answer must be one of ${KINDS.join(', ')}`);
  if (typeof reason !== 'string') throw invalid('reason is missing: say how you know');
  if (typeof unchecked !== 'boolean') throw invalid('unchecked must be true or false');
  if (!Array.isArray(references) || references.length > MOST_REFERENCES || !references.every(isReference)) {
    throw invalid('references must be a list of the references that the practice system gave, without spaces');
  }
  return { kind: answer as AnswerKind, references, by, reason, isUnchecked: unchecked };
}

function isReference(value: unknown): value is PracticeAppointmentRef {
  return typeof value === 'string' && REFERENCE.test(value);
}
