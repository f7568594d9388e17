import { describe, expect, it } from 'vitest';
import {
  destinationOf,
  dropDestinationOf,
  projectOf,
  withDestination,
} from '../../../../renderer/uploads/destination.ts';

const CHOSEN = { 'show/': 'show/incoming/' };

it('a project is the top folder; the library itself is none', () => {
  expect(projectOf('show/sq010/sh020/')).toBe('show/');
  expect(projectOf('show/')).toBe('show/');
  expect(projectOf('')).toBeUndefined();
});

describe('uploads by the button', () => {
  it('go to the folder in view unless one was chosen for the project', () => {
    expect(destinationOf('other/a/', CHOSEN)).toEqual({ folder: 'other/a/', remembered: false });
    expect(destinationOf('', CHOSEN)).toEqual({ folder: '', remembered: false });
    expect(destinationOf('show/sq010/', CHOSEN)).toEqual({ folder: 'show/incoming/', remembered: true });
  });

  it('there is nothing to say when the chosen folder is the one in view', () => {
    expect(destinationOf('show/incoming/', CHOSEN)).toEqual({ folder: 'show/incoming/', remembered: false });
  });

  it('a project that is called like a property of every object is a project', () => {
    expect(destinationOf('constructor/', {})).toEqual({ folder: 'constructor/', remembered: false });
  });
});

it('what is dropped in a folder below the top goes into that folder', () => {
  expect(dropDestinationOf('show/', CHOSEN)).toEqual({ folder: 'show/incoming/', remembered: true });
  expect(dropDestinationOf('show/sq010/', CHOSEN)).toEqual({ folder: 'show/sq010/', remembered: false });
  expect(dropDestinationOf('', CHOSEN)).toEqual({ folder: '', remembered: false });
});

it('is chosen and forgotten by project', () => {
  expect(withDestination(CHOSEN, 'film/', 'film/in/')).toEqual({ ...CHOSEN, 'film/': 'film/in/' });
  expect(withDestination(CHOSEN, 'show/', undefined)).toEqual({});
});
