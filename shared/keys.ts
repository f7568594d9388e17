/** The folder of a key, '' at the top, with a closing slash otherwise. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/** The last part of a key or folder, without slashes. */
export function nameOfKey(key: string): string {
  const bare = key.endsWith('/') ? key.slice(0, -1) : key;
  return bare.slice(bare.lastIndexOf('/') + 1);
}

/** A folder as the keys below it begin: with its closing slash, '' at the top. */
export function asFolder(folder: string): string {
  return folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
}
