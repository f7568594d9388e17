/** Replacement for a secret. One word, so that redacting it again leaves it unchanged. */
export const STRUCK_OUT = '[struck-out]';

/** Names of keys, tokens and signatures: values without blanks. */
const TOKEN_NAMES =
  'x-[a-z]+-(?:signature|credential|security-token)|(?:proxy-)?authorization|cookie|' +
  'aws_?secret_?access_?key|aws_?session_?token|aws_?access_?key_?id|secret_?access_?key|session_?token|' +
  '(?:access|refresh|id|bearer|sso)_?token|j?session_?id|client_?secret|client_?assertion|saml_?(?:response|assertion)|' +
  '(?:device|user|authorization)_?code|code_?(?:verifier|challenge)|api[-_]?key|' +
  '(?:secret|private|account|shared_?access)_?key|access_?key_?secret|' +
  'server-side-encryption-customer-key(?:-md5)?';
/** Names of passwords, whose values may have blanks and any character. */
const PASSWORD_NAMES = 'passw(?:or)?d|pass_?phrase';
/** Names too short to be matched inside of other words. */
const SHORT_NAMES = 'sig|token|signature|secret|pass|pwd';

const SECRET_NAME = new RegExp(
  `^(?:(?:x-(?:amz-(?:copy-source-)?)?)?(?:${TOKEN_NAMES})|.*(?:${PASSWORD_NAMES})|${SHORT_NAMES})$`,
  'i',
);

/** A quote, or one escaped in JSON inside of JSON. */
const QUOTE = String.raw`\\*["']`;
/** What may precede a name: not a part of a word, unless it is an encoded "?" or "&". */
const BEGIN = String.raw`(?:(?<![A-Za-z0-9-])|(?<=%(?:25)*(?:3F|26)|\\u0026))`;
const ANY_NAME = `(?:${TOKEN_NAMES}|${PASSWORD_NAMES}|${BEGIN}(?:${SHORT_NAMES}))`;
/** An equals sign of a form or a URL, also percent-encoded once or more often, or escaped in JSON or HTML. */
const EQUALS = String.raw`(?:=|%(?:25)*3D|\\+u003d|&#(?:61|x3d);)`;
/** A parameter's value, with "+", "/" and "=" as JSON and HTML escape them. */
const PARAMETER = String.raw`(?:[^&\s"'\\<>,;]|\\+(?:/|u00(?:2[bf]|3d))|&#(?:43|47|61|x2b|x2f|x3d);)+`;
/** A hyphen of a name, also percent-encoded. */
const HYPHEN = '(?:-|%(?:25)*2D)';

/** Parameters of signed URLs whose hyphens are encoded too (RFC 3986, section 2.3: that changes nothing). */
const ENCODED_NAMES = `X${HYPHEN}[a-z]+${HYPHEN}(?:Signature|Credential|Security${HYPHEN}Token)`;

const PATTERNS: readonly RegExp[] = [
  // "Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…": to the end of the line or the quote.
  /((?:proxy-)?authorization(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)[^"'\\\r\n]+/gi,
  // Cookies are one header with a blank after each (RFC 6265, section 4.2.1): to the end of the line or the quote.
  /((?:set-)?cookie(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?)[^"'\\\r\n]+/gi,
  // A list of raw headers: the value follows its name.
  new RegExp(`(${QUOTE}(?:x-)?(?:${TOKEN_NAMES})${QUOTE}\\s*,\\s*${QUOTE})(?!\\[struck)[^"'\\\\\\r\\n]+`, 'gi'),
  // Digest has its secrets in several parameters (RFC 7616, section 3.4): to the end of the line.
  /\b(Digest\s+(?=[a-z]+\s*=))[^\r\n]+/gi,
  // Options of a command.
  /(--(?:[a-z]+-){0,4}(?:password|passphrase|secret|token|access-key|api-key)(?:\s+|=))(?![\s[-])\S+/g,
  // "aws configure set NAME VALUE".
  /(\bset\s+(?:\S+\.)?aws_(?:secret_access_key|session_token|access_key_id)\s+)(?!\[)\S+/gi,
  // Private keys in PEM (RFC 7468), also where their end is cut off.
  /(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----)(?:(?!-----END)[\s\S])+/g,
  // The same without its name, as in a list of raw headers (RFC 9110, section 11.1).
  /\b((?:Basic|Bearer|Negotiate|NTLM)\s+)(?!\[)[A-Za-z0-9+/=._~-]{8,}/g,
  // In quotes: up to the same quote; an escaped quote belongs to the value.
  new RegExp(`(${ANY_NAME}(?:${QUOTE})?\\s*[:=]>?\\s*)(["'])(?:\\\\.|(?!\\2)[^\\\\\\r\\n])+\\2?`, 'gi'),
  new RegExp(`(${ANY_NAME}(?:${QUOTE})?\\s*[:=]>?\\s*)(\\\\+["'])(?:(?!\\2\\s*[,}\\]\\r\\n]|\\2$).)+`, 'gi'),
  // Parameters of signed URLs and of forms; a code of a sign-in only where it is a parameter, since errors have codes.
  new RegExp(`((?:${ANY_NAME}|${ENCODED_NAMES}|awsaccesskeyid)${EQUALS})(?!\\[)${PARAMETER}`, 'gi'),
  new RegExp(`((?:[?&]|%(?:25)*(?:3F|26)|\\\\u0026|&amp;)code${EQUALS})(?!\\[)${PARAMETER}`, 'gi'),
  // A password without quotes goes on to the next parameter or to the end of the line.
  new RegExp(`((?:${PASSWORD_NAMES})\\s*(?:[:=]|is)\\s*)(?![\\s\\["'\\\\])[^&"'\\\\\\r\\n<>]+`, 'gi'),
  new RegExp(`(${ANY_NAME}(?:${QUOTE})?\\s*[:=>]\\s*(?:${QUOTE})?)(?![\\s\\[])[^"'\\\\\\s,;&}<]+`, 'gi'),
  // User information of a URL: with a password, which may contain slashes and at signs, or a token alone.
  /(:\/\/)(?!\[struck)[^/\s:@"'<>]{0,256}:(?!\d+(?:[/?#\s"'<>]|$))[^\s"'<>]{0,1024}(?=@)/g,
  /(:\/\/)(?!\[struck)[^/\s:@"'<>?#]{1,1024}(?=@)/g,
];
const ACCESS_KEY = /(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}/g;
/** Session tokens of AWS by their beginning: base64 of a version byte and "origin_…" or "er.aws". */
const SESSION_TOKEN = /(?:IQoJ|FwoG|FQoG)[A-Za-z0-9+/=%_-]{60,}/g;
/** JSON Web Tokens (RFC 7519) by their beginning: JSON in base64. */
const WEB_TOKEN = /eyJ[A-Za-z0-9_-]{10,512}(?:\.[A-Za-z0-9_-]*){1,4}/g;

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Redacts keys, tokens and signatures. A last safeguard: callers do not log them in the first place. */
export function strikeOutSecrets(text: string): string {
  let result = text;
  for (const pattern of PATTERNS) result = result.replace(pattern, `$1${STRUCK_OUT}`);
  for (const shape of [ACCESS_KEY, SESSION_TOKEN, WEB_TOKEN]) result = result.replace(shape, STRUCK_OUT);
  return result;
}
