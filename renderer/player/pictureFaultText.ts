import type { PictureFault } from '../images/picture.ts';
import { formatBytes } from '../text/format.ts';
import type { Translate } from '../text/i18n.ts';

/** Why a file gives no picture, as an end of a sentence or one of its own. */
export function pictureFaultText(fault: PictureFault, t: Translate): string {
  switch (fault.is) {
    case 'short':
      return t('pictureFault.short', { bytes: formatBytes(fault.bytes), needed: formatBytes(fault.needed) });
    case 'damaged':
      return t('pictureFault.damaged', { where: fault.where });
    case 'unsupported':
      return t('pictureFault.unsupported', { what: fault.what });
    case 'too-large':
      return t('pictureFault.too-large', fault);
    case 'unknown-format':
      return t('pictureFault.unknown-format');
    case 'stopped':
      return t('pictureFault.stopped');
  }
}
