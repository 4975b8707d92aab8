/** What a narrative may hold (txt-1, txt-2): FHIR's part of XHTML, well-formed, with something to see. */
import { SaxesParser } from 'saxes';
import type { InvariantCheck, NativeChecks } from './values.js';

const XHTML = 'http://www.w3.org/1999/xhtml';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const ELEMENTS = words(
  'p br div h1 h2 h3 h4 h5 h6 a span b em i strong small big tt dfn q var abbr acronym cite blockquote hr address bdo kbd sub sup ul ol li dl dt dd pre table caption colgroup col thead tr tfoot tbody th td code samp img',
);

/** Allowed anywhere. */
const ATTRIBUTES = words(
  'title style class id lang xml:lang xml:space dir accesskey tabindex xmlns span align valign char charoff abbr axis headers scope rowspan colspan',
);

/** Allowed on one element each. */
const OWN_ATTRIBUTES = words(
  'a.href a.name img.src img.border img.alt img.longdesc img.height img.width blockquote.cite q.cite table.summary table.width table.border table.frame table.rules table.cellspacing table.cellpadding col.width colgroup.width th.width td.width td.nowrap',
);

interface Narrative {
  /** One `div` of well-formed XHTML with allowed elements and attributes only. */
  readonly allowed: boolean;
  /** Text that is not all white space, or an image. */
  readonly content: boolean;
}

/** Deeper than any page. Reading ends there: the parser looks through all open elements for every one it opens. */
const DEEPEST = 200;

function readNarrative(text: string): Narrative {
  let [allowed, content, depth, roots] = [true, false, 0, 0];
  const parser = new SaxesParser({ xmlns: true });
  const refuse = (): void => {
    allowed = false;
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('processinginstruction', refuse);
  parser.on('text', (said) => {
    if (said.trim() !== '') content = true;
  });
  parser.on('cdata', (said) => {
    if (said.trim() !== '') content = true;
  });
  parser.on('opentag', (tag) => {
    if (depth === 0) roots += 1;
    depth += 1;
    if (depth > DEEPEST) throw new Error('too deep');
    if (!ELEMENTS.has(tag.name) || tag.uri !== XHTML || (depth === 1 && tag.name !== 'div')) refuse();
    if (tag.name === 'img') content = true;
    for (const name of Object.keys(tag.attributes)) {
      if (!ATTRIBUTES.has(name) && !OWN_ATTRIBUTES.has(`${tag.name}.${name}`)) refuse();
    }
  });
  parser.on('closetag', () => {
    depth -= 1;
  });
  try {
    parser.write(text).close();
  } catch {
    refuse();
  }
  return { allowed: allowed && roots === 1, content };
}

/** The two rules stand beside each other on one text: it is read once. */
let last: { readonly text: string; readonly narrative: Narrative } | undefined;

const check =
  (rule: keyof Narrative): InvariantCheck =>
  (value) => {
    // Anything but a text is a matter of type, not of content.
    if (typeof value !== 'string') return true;
    if (last?.text !== value) last = { text: value, narrative: readNarrative(value) };
    return last.narrative[rule];
  };

export const NARRATIVE_CHECKS: NativeChecks = {
  'txt-1|htmlchecks()': check('allowed'),
  'txt-1|htmlChecks()': check('allowed'),
  'txt-2|htmlchecks()': check('content'),
  'txt-2|htmlChecks()': check('content'),
};
