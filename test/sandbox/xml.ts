import XMLBuilder from 'fast-xml-builder';
import { XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3Error.ts';

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: false });
// Every text stays text: an ETag of digits must not become a number.
const parser = new XMLParser({
  ignoreAttributes: true,
  htmlEntities: true,
  parseTagValue: false,
  isArray: (name) => REPEATED.has(name),
});
const REPEATED = new Set(['Part', 'Object']);

/** An XML document with S3's namespace. Arrays become repeated elements; `undefined` is left out. */
export function toXml(root: string, content: Record<string, unknown>): string {
  const defined = Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
  const body: string = builder.build({ [root]: { '@_xmlns': NAMESPACE, ...defined } });
  // A parser takes a bare CR for a line feed (XML 1.0, 2.11); S3 writes it as a reference.
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body.replaceAll('\r', '&#13;')}`;
}

export function errorXml(error: S3Error, resource: string, requestId: string): string {
  const body: string = builder.build({
    Error: { Code: error.code, Message: error.message, ...error.elements, Resource: resource, RequestId: requestId },
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
}

/** Parses a request body; throws MalformedXML. */
export function fromXml(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = parser.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Falls through to the one error there is for it.
  }
  throw new S3Error('MalformedXML', 400, 'The XML you provided was not well-formed.');
}
