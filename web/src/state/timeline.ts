// The entries of a conversation: in order, each once, with a gap wherever messages are known to be missing.
import { isText, type Entry } from "./model";

// Two messages in the server's order: by time, then by id (msgids of one length sort as text).
function before(a: Entry, b: Entry): boolean {
	if (a.time !== b.time) return a.time < b.time;
	return a.id !== undefined && b.id !== undefined && a.id < b.id;
}

// Index of the first entry at or after a time.
export function indexAt(entries: Entry[], time: number): number {
	let [low, high] = [0, entries.length];
	while (low < high) {
		const mid = (low + high) >> 1;
		if ((entries[mid] as Entry).time < time) low = mid + 1;
		else high = mid;
	}
	return low;
}

// Whether the message is there: those of its millisecond are compared.
export function holds(entries: Entry[], entry: Entry): boolean {
	if (entry.id === undefined) return false;
	for (let i = indexAt(entries, entry.time); i < entries.length && entries[i]?.time === entry.time; i++)
		if (entries[i]?.id === entry.id) return true;
	return false;
}

// Newest first: what is looked for is mostly near the end.
export function findById(entries: Entry[], id: string): number {
	for (let i = entries.length - 1; i >= 0; i--) if (entries[i]?.id === id) return i;
	return -1;
}

// The entries with one more.
export function insert(entries: Entry[], entry: Entry): Entry[] {
	if (holds(entries, entry)) return entries;
	let at = entries.length;
	while (at > 0 && before(entry, entries[at - 1] as Entry)) at--;
	return at === entries.length ? [...entries, entry] : [...entries.slice(0, at), entry, ...entries.slice(at)];
}

// The entries with a page of history among them.
export function merge(entries: Entry[], page: Entry[]): Entry[] {
	const fresh = page.filter((e) => !holds(entries, e)).sort((a, b) => (before(a, b) ? -1 : before(b, a) ? 1 : 0));
	if (!fresh.length) return entries;
	const out: Entry[] = [];
	let next = 0;
	for (const e of entries) {
		while (next < fresh.length && before(fresh[next] as Entry, e)) out.push(fresh[next++] as Entry);
		out.push(e);
	}
	return out.concat(fresh.slice(next));
}

function gap(time: number): Entry {
	return { key: `gap${time}`, kind: "gap", time, nick: "", text: "" };
}

// A gap before the first message at or after `time`, unless one is there or nothing precedes it.
export function withGap(entries: Entry[], time: number): Entry[] {
	const at = indexAt(entries, time);
	if (at === 0 || entries[at - 1]?.kind === "gap" || entries[at]?.kind === "gap") return entries;
	return [...entries.slice(0, at), gap(time), ...entries.slice(at)];
}

export function withoutGap(entries: Entry[], key: string): Entry[] {
	return entries.filter((e) => e.key !== key);
}

// The messages on both sides of an entry: what history is asked from.
export function neighbours(entries: Entry[], key: string): { older: Entry | undefined; newer: Entry | undefined } {
	const at = entries.findIndex((e) => e.key === key);
	let older = at - 1;
	let newer = at + 1;
	while (older >= 0 && !entries[older]?.id) older--;
	while (newer < entries.length && !entries[newer]?.id) newer++;
	return { older: at < 0 ? undefined : entries[older], newer: at < 0 ? undefined : entries[newer] };
}

export function lastMessage(entries: Entry[]): Entry | undefined {
	for (let i = entries.length - 1; i >= 0; i--) if (entries[i]?.id) return entries[i];
	return undefined;
}

export function firstMessage(entries: Entry[]): Entry | undefined {
	return entries.find((e) => e.id !== undefined);
}

// How many messages of others are newer than `readAt`, and how many of them name the user.
export function count(entries: Entry[], readAt: number, direct: boolean): { unread: number; mentions: number } {
	let [unread, mentions] = [0, 0];
	for (let i = entries.length - 1; i >= 0; i--) {
		const e = entries[i] as Entry;
		if (e.time <= readAt) break;
		if (!isText(e) || e.self || e.redacted) continue;
		unread++;
		if (e.mention || direct) mentions++;
	}
	return { unread, mentions };
}
