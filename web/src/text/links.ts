// What in a text is a link, a channel or a name: found, not rendered.

export interface Piece {
	kind: "text" | "link" | "channel";
	text: string;
	href?: string;
}

const FOUND = /https?:\/\/[^\s<>"\u00a0]+|(?<![\w#&/])#[^\s,:()[\]{}<>"'!?.#]{1,62}/giu;
const TRAIL = /[.,;:!?'"*_~\u2026]+$/;

// A link ends before punctuation that ends the sentence, and before a bracket that it did not open.
function trim(link: string): string {
	for (;;) {
		const before = link;
		link = link.replace(TRAIL, "");
		for (const [open, close] of ["()", "[]", "{}"] as unknown as [string, string][])
			if (link.endsWith(close) && link.split(close).length > link.split(open).length) link = link.slice(0, -1);
		if (link === before) return link;
	}
}

// The address if it is one of http or https that a browser accepts.
export function safeHref(text: string): string | undefined {
	try {
		const url = new URL(text);
		return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
	} catch {
		return undefined;
	}
}

export function pieces(text: string): Piece[] {
	const out: Piece[] = [];
	let at = 0;
	for (const m of text.matchAll(FOUND)) {
		const channel = m[0].startsWith("#");
		const found = channel ? m[0] : trim(m[0]);
		const href = channel ? undefined : safeHref(found);
		if (!channel && !href) continue;
		if (m.index > at) out.push({ kind: "text", text: text.slice(at, m.index) });
		out.push(channel ? { kind: "channel", text: found } : { kind: "link", text: found, href: href ?? "" });
		at = m.index + found.length;
	}
	if (at < text.length) out.push({ kind: "text", text: text.slice(at) });
	return out;
}

// Whether a link leads to a picture, by its name.
export function isPicture(href: string): boolean {
	return /\.(png|jpe?g|gif|webp|avif)$/i.test(new URL(href).pathname);
}

const WORD = /[\p{L}\p{N}_\-[\]\\`^{|}]/u;

// Whether the text names the nick as a word of its own.
export function mentions(text: string, nick: string): boolean {
	const [where, what] = [text.toLowerCase(), nick.toLowerCase()];
	if (!what) return false;
	for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1))
		if (!WORD.test(where[at - 1] ?? " ") && !WORD.test(where[at + what.length] ?? " ")) return true;
	return false;
}
