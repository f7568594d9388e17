import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitName } from '../../../../renderer/ui/nameParts.ts';

describe('a name that is cut keeps what tells two takes apart', () => {
  it.each([
    ['sq010_sh010_comp_v002.mp4', 'sq010_sh010_comp', '_v002', '', '.mp4'],
    ['sh0450_comp_v001_final_client_review_rec709.mp4', 'sh0450_comp', '_v001', '_final_client_review_rec709', '.mp4'],
    ['v2_tests_sh010_v013-b.mov', 'v2_tests_sh010', '_v013', '-b', '.mov'],
    ['sq010_sh020_plate.0001.png', 'sq010_sh020_plate', '', '', '.0001.png'],
    ['sq010_sh020_plate_v007.####.png', 'sq010_sh020_plate', '_v007', '', '.####.png'],
    ['beauty_v003.1001.exr', 'beauty', '_v003', '', '.1001.exr'],
    ['V004', '', 'V004', '', ''],
    ['tv2000_advert.mov', 'tv2000_advert', '', '', '.mov'],
    ['temp_score.wav', 'temp_score', '', '', '.wav'],
    ['README', '', '', '', 'README'],
    ['a folder without anything', 'a folder without an', '', '', 'ything'],
  ])('%s', (name, head, version, rest, tail) => {
    expect(splitName(name)).toEqual({ head, version, rest, tail });
  });

  it('and has all its characters, in their order', () => {
    const parts = fc.constantFrom('_v003', 'v1', '.####', '.1001', '.exr', 'sh010', '_', ' ', '動画', 'final');
    fc.assert(
      fc.property(fc.array(parts), (chosen) => {
        const { head, version, rest, tail } = splitName(chosen.join(''));
        expect(head + version + rest + tail).toBe(chosen.join(''));
      }),
    );
  });
});
