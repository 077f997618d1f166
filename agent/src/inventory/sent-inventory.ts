import { SECTION_NAMES, type InventorySection } from '@muster/contracts';
import { readFileIfThere, replaceFile } from '../state/files';

/** A section as it was handed to the spool last. */
export interface SentSection {
  digest: string;
  /** Keys and digests of its items. */
  items: Map<string, string>;
  /** JSON of what was said to be unreadable. */
  unreadable: string;
}

const FORMAT = 1;
interface Stored {
  format: number;
  sections: Array<{ section: InventorySection; digest: string; unreadable: string; items: string[] }>;
}

/**
 * What was sent, over restarts of the agent. Read for a collection and let go after it, so that a large inventory costs
 * no memory between two. A lost or damaged file costs a snapshot, nothing else.
 */
export class SentInventory {
  private constructor(
    private readonly path: string,
    private readonly sections: Map<InventorySection, SentSection>,
  ) {}

  static read(path: string): SentInventory {
    return new SentInventory(path, readSections(path));
  }

  of(section: InventorySection): SentSection | undefined {
    return this.sections.get(section);
  }

  /** On the disk when it returns. @throws the system's error when the disk is full */
  remember(section: InventorySection, sent: SentSection): void {
    this.sections.set(section, sent);
    const sections: Stored['sections'] = [...this.sections].map(([name, { digest, unreadable, items }]) => ({
      section: name,
      digest,
      unreadable,
      items: [...items].flat(),
    }));
    replaceFile(this.path, JSON.stringify({ format: FORMAT, sections } satisfies Stored));
  }
}

function readSections(path: string): Map<InventorySection, SentSection> {
  const sections = new Map<InventorySection, SentSection>();
  const stored = parseStored(readFileIfThere(path));
  for (const { section, digest, unreadable, items } of stored?.sections ?? []) {
    if (!SECTION_NAMES.includes(section) || typeof digest !== 'string' || !Array.isArray(items)) continue;
    const pairs = new Map<string, string>();
    for (let at = 0; at + 1 < items.length; at += 2) pairs.set(String(items[at]), String(items[at + 1]));
    sections.set(section, { digest, unreadable: String(unreadable), items: pairs });
  }
  return sections;
}

function parseStored(text: string | undefined): Stored | undefined {
  if (text === undefined) return undefined;
  try {
    const stored = JSON.parse(text) as Stored | null;
    return stored?.format === FORMAT && Array.isArray(stored.sections) ? stored : undefined;
  } catch {
    return undefined;
  }
}
