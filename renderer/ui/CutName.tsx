import { splitName } from './nameParts.ts';

/**
 * The parts of a file name, inside of an element of the class `name`: they are cut in the middle and keep the version.
 */
export function CutName({ name }: { name: string }) {
  const { head, version, rest, tail } = splitName(name);
  return (
    <>
      {head !== '' && <span className="name-cut">{head}</span>}
      {version !== '' && <span className="name-kept">{version}</span>}
      {rest !== '' && <span className="name-cut">{rest}</span>}
      {tail !== '' && <span className="name-kept">{tail}</span>}
    </>
  );
}
