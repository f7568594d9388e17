/**
 * The project that a folder belongs to: the library's top folder, with its closing slash. The library itself is in
 * none.
 */
export function projectOf(folder: string): string | undefined {
  const slash = folder.indexOf('/');
  return slash > 0 ? folder.slice(0, slash + 1) : undefined;
}

export interface Destination {
  folder: string;
  /** True where it is the project's own folder for uploads, and not the one in view. */
  remembered: boolean;
}

/** Destination of uploads started by the button: the project's folder where one was chosen, else the one in view. */
export function destinationOf(folder: string, byProject: Readonly<Record<string, string>>): Destination {
  const project = projectOf(folder);
  const chosen = project !== undefined && Object.hasOwn(byProject, project) ? byProject[project] : undefined;
  return { folder: chosen ?? folder, remembered: chosen !== undefined && chosen !== folder };
}

/**
 * Destination of files dropped beside all cards. Inside a folder of the project it is that folder; at the project's
 * top it is the folder that was chosen for its uploads.
 */
export function dropDestinationOf(folder: string, byProject: Readonly<Record<string, string>>): Destination {
  return folder === projectOf(folder) ? destinationOf(folder, byProject) : { folder, remembered: false };
}

/** The settings with this folder chosen for the uploads of its project; undefined: no longer with any. */
export function withDestination(
  byProject: Readonly<Record<string, string>>,
  project: string,
  folder: string | undefined,
): Record<string, string> {
  const others = Object.fromEntries(Object.entries(byProject).filter(([name]) => name !== project));
  return folder === undefined ? others : { ...others, [project]: folder };
}

/** `show/` → show. */
export function projectName(project: string): string {
  return project.replace(/\/$/, '');
}
