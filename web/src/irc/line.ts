// A line of IRC: taken apart and put together (modern.ircdocs.horse, IRCv3 message-tags).

export interface Message {
	tags: Record<string, string>;
	source: string;
	command: string;
	params: string[];
}

const ESCAPES: Record<string, string> = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };
const ESCAPED: Record<string, string> = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

export function unescapeTag(value: string): string {
	return value.replace(/\\(.?)/gs, (_, c: string) => ESCAPES[c] ?? c);
}

export function escapeTag(value: string): string {
	return value.replace(/[; \\\r\n]/g, (c) => ESCAPED[c] ?? c);
}

// Tags without a prototype, so that no key of a stranger's means anything to the language.
function parseTags(text: string): Record<string, string> {
	const tags = Object.create(null) as Record<string, string>;
	for (const tag of text.split(";")) {
		const eq = tag.indexOf("=");
		const key = eq < 0 ? tag : tag.slice(0, eq);
		if (key) tags[key] = eq < 0 ? "" : unescapeTag(tag.slice(eq + 1));
	}
	return tags;
}

function parseParams(rest: string): string[] {
	const params: string[] = [];
	let at = 0;
	while (at < rest.length) {
		if (rest[at] === " ") {
			at++;
		} else if (rest[at] === ":") {
			params.push(rest.slice(at + 1));
			break;
		} else {
			const space = rest.indexOf(" ", at);
			const end = space < 0 ? rest.length : space;
			params.push(rest.slice(at, end));
			at = end;
		}
	}
	return params;
}

// Takes a line without its end; null: it has no command.
export function parseLine(line: string): Message | null {
	let rest = line.replace(/[\r\n]+$/, "");
	let tags = parseTags("");
	let source = "";
	const word = () => {
		const space = rest.indexOf(" ");
		const first = space < 0 ? rest : rest.slice(0, space);
		rest = space < 0 ? "" : rest.slice(space + 1).replace(/^ +/, "");
		return first;
	};
	if (rest.startsWith("@")) tags = parseTags(word().slice(1));
	if (rest.startsWith(":")) source = word().slice(1);
	const command = word().toUpperCase();
	return command ? { tags, source, command, params: parseParams(rest) } : null;
}

// Gives the line without its end. Line ends and NUL within a parameter become spaces: a text can never become a second command.
export function formatLine(command: string, params: string[] = [], tags: Record<string, string> = {}): string {
	const keys = Object.keys(tags);
	const head = keys.length ? "@" + keys.map((k) => (tags[k] ? `${k}=${escapeTag(tags[k] ?? "")}` : k)).join(";") + " " : "";
	const clean = params.map((p) => p.replace(/[\r\n\0]+/g, " "));
	const last = clean.length - 1;
	const text = clean.map((p, i) => {
		if (i === last && (p === "" || p.startsWith(":") || p.includes(" "))) return " :" + p;
		return " " + (p.replace(/ /g, "").replace(/^:+/, "") || "*");
	});
	return head + command + text.join("");
}

// The nick of a source "nick!user@host"; a server's name as it is.
export function nickOf(source: string): string {
	const end = source.search(/[!@]/);
	return end < 0 ? source : source.slice(0, end);
}

// Names compare in the case mapping "ascii", which is the server's.
export function fold(name: string): string {
	return name.replace(/[A-Z]/g, (c) => c.toLowerCase());
}

// The server's time of a message in milliseconds since 1970; `now` if it has none that can be read.
export function timeOf(message: Message, now: number): number {
	const t = Date.parse(message.tags["time"] ?? "");
	return Number.isNaN(t) ? now : t;
}
