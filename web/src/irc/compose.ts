// How a text of any length becomes lines: cut where the server would cut it, or sent as draft/multiline where that is known.

export interface Line {
	text: string;
	concat: boolean; // continues the line before it
}
// What is sent in one piece and echoed in one piece: one line, or several as a multiline batch.
export type Unit = Line[];

export interface Limits {
	lineBytes: number; // of one line's text
	multiline: { bytes: number; lines: number } | null;
}

const encoder = new TextEncoder();
const RELAYED_LINE = 512;
const USER = 12;
const HOST = 64; // the longest host that is shown; the own one may not be known

export function bytes(text: string): number {
	return encoder.encode(text).length;
}

// Bytes that a text may have so that ":nick!user@host COMMAND target :text" is not cut on its way to others.
export function lineBytes(nick: string, command: string, target: string): number {
	return RELAYED_LINE - 2 - (1 + bytes(nick) + 1 + USER + 1 + HOST) - (1 + command.length) - (1 + bytes(target)) - 2;
}

// Cuts a line into pieces of at most `limit` bytes: after a space if there is one in the second half, never within a character.
export function cut(line: string, limit: number): string[] {
	const pieces: string[] = [];
	let piece = "";
	let size = 0;
	for (const c of line) {
		const n = bytes(c);
		if (size + n > limit) {
			const space = piece.lastIndexOf(" ");
			const keep = space > piece.length / 2 ? piece.slice(0, space + 1) : piece;
			pieces.push(keep);
			piece = piece.slice(keep.length);
			size = bytes(piece);
		}
		piece += c;
		size += n;
	}
	pieces.push(piece);
	return pieces;
}

function toLines(text: string, limit: number): Line[] {
	const lines = text.replace(/\r\n?/g, "\n").replace(/^\n+|\s+$/g, "").split("\n");
	return lines.flatMap((line) => cut(line, limit).map((piece, i) => ({ text: piece, concat: i > 0 })));
}

// The units of a text, in order; none for a text of nothing but blanks.
export function compose(text: string, limits: Limits): Unit[] {
	const lines = toLines(text, limits.lineBytes);
	if (!lines.some((l) => l.text.trim())) return [];
	if (!limits.multiline) return lines.filter((l) => l.text.trim()).map((l) => [{ text: l.text, concat: false }]);
	const units: Unit[] = [];
	let unit: Unit = [];
	let size = 0;
	const close = () => {
		if (unit.some((l) => l.text.trim())) units.push(unit);
		unit = [];
		size = 0;
	};
	for (const line of lines) {
		const n = bytes(line.text) + 1;
		if (unit.length >= limits.multiline.lines || size + n > limits.multiline.bytes) close();
		unit.push(unit.length ? line : { text: line.text, concat: false });
		size += n;
	}
	close();
	return units;
}

// The text of a unit as others read it.
export function textOf(unit: Unit): string {
	return unit.map((l, i) => (i && !l.concat ? "\n" : "") + l.text).join("");
}
