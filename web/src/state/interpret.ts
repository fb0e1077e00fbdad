// What a message of the server means: messages in, events out. Nothing is looked up in the state; whose nick we have is given.
import { isBatch, messagesOf, type Item } from "../irc/batch";
import type { Isupport } from "../irc/caps";
import { fold, nickOf, timeOf, type Message } from "../irc/line";
import { mentions } from "../text/links";
import { plain } from "../text/format";
import type { Event } from "./events";
import { SERVER, type Entry, type Member } from "./model";

export interface Context {
	nick: string;
	isupport: Isupport;
	now: number;
}

const TYPING_MS = 6000;
const SERVICES = new Set(["nickserv", "chanserv"]);
let serial = 0; // of entries without a msgid: keys need be unique within this page only

function param(m: Message, i: number): string {
	return m.params[i] ?? "";
}

function text(m: Message): string {
	return param(m, m.params.length - 1);
}

export function isChannel(c: Context, name: string): boolean {
	return name !== "" && c.isupport.chantypes.includes(name[0] ?? "");
}

function isServer(m: Message): boolean {
	return m.source === "" || (!m.source.includes("!") && m.source.includes("."));
}

// Where a message belongs: channel, the other side of a private one, or the server.
function place(c: Context, m: Message): { key: string; name: string; kind: "channel" | "direct" | "server"; status: string } {
	let target = param(m, 0);
	let status = "";
	if (c.isupport.prefixSigns.includes(target[0] ?? " ") && isChannel(c, target.slice(1))) [status, target] = [target[0] ?? "", target.slice(1)];
	if (isChannel(c, target)) return { key: fold(target), name: target, kind: "channel", status };
	const nick = nickOf(m.source);
	const other = fold(nick) === fold(c.nick) ? target : nick;
	if (isServer(m) || SERVICES.has(fold(other)) || other === "*") return { key: SERVER, name: SERVER, kind: "server", status };
	return { key: fold(other), name: other, kind: "direct", status };
}

const ACTION = /^\x01ACTION (.*?)\x01?$/s;

// The entry of a PRIVMSG or NOTICE; null: it is no text (a CTCP request).
export function entryOf(c: Context, m: Message): Entry | null {
	const said = param(m, 1);
	const action = ACTION.exec(said);
	if (!action && said.startsWith("\x01")) return null;
	const nick = nickOf(m.source);
	const self = fold(nick) === fold(c.nick);
	const { status } = place(c, m);
	const id = m.tags["msgid"];
	const reply = m.tags["+draft/reply"] ?? m.tags["+reply"];
	const shown = action ? (action[1] ?? "") : said;
	return {
		key: id ?? `e${++serial}`, kind: action ? "action" : m.command === "NOTICE" ? "notice" : "message", time: timeOf(m, c.now), nick,
		text: shown, self, mention: !self && mentions(plain(shown), c.nick), ...(id ? { id } : {}), ...(reply ? { reply } : {}),
		...(m.tags["account"] ? { account: m.tags["account"] } : {}), ...(status ? { status } : {}),
	};
}

export function info(key: string, text: string, now: number, name?: string): Event {
	return { type: "entry", key, name: key, kind: "server", entry: { key: `e${++serial}`, kind: "info", time: now, nick: "", text, ...(name ? { info: name } : {}) } };
}

function said(c: Context, m: Message): Event[] {
	const entry = entryOf(c, m);
	const { key, name, kind } = place(c, m);
	if (!entry) return [];
	return [{ type: "entry", key, name, kind, entry, ...(entry.self && m.tags["label"] ? { label: m.tags["label"] } : {}) }];
}

function tagmsg(c: Context, m: Message): Event[] {
	const { key } = place(c, m);
	const nick = nickOf(m.source);
	const typing = m.tags["+typing"];
	const id = m.tags["+draft/reply"] ?? m.tags["+reply"];
	const [react, unreact] = [m.tags["+draft/react"], m.tags["+draft/unreact"]];
	const out: Event[] = [];
	if (typing !== undefined && fold(nick) !== fold(c.nick))
		out.push({ type: "typing", key, nick, until: typing === "active" ? c.now + TYPING_MS : 0 });
	if (id && react) out.push({ type: "react", key, id, reaction: react, nick, on: true });
	if (id && unreact) out.push({ type: "react", key, id, reaction: unreact, nick, on: false });
	return out;
}

function join(c: Context, m: Message): Event[] {
	const nick = nickOf(m.source);
	const name = param(m, 0);
	const time = timeOf(m, c.now);
	if (fold(nick) === fold(c.nick)) return [{ type: "joined", name, time }];
	const account = param(m, 1);
	const member: Member = { nick, signs: "", ...(account && account !== "*" ? { account } : {}) };
	return [{ type: "join", key: fold(name), member, time }];
}

function part(c: Context, m: Message): Event[] {
	const kick = m.command === "KICK";
	const nick = kick ? param(m, 1) : nickOf(m.source);
	const key = fold(param(m, 0));
	const reason = param(m, kick ? 2 : 1);
	const gone: Event = { type: "part", key, nick, reason, time: timeOf(m, c.now), ...(kick ? { by: nickOf(m.source) } : {}) };
	return fold(nick) === fold(c.nick) ? [gone, { type: "parted", key }] : [gone];
}

// "~@nick!user@host" of NAMES.
function member(c: Context, word: string): Member {
	let n = 0;
	while (n < word.length && c.isupport.prefixSigns.includes(word[n] ?? " ")) n++;
	return { nick: nickOf(word.slice(n)), signs: word.slice(0, n) };
}

function mode(c: Context, m: Message): Event[] {
	if (!isChannel(c, param(m, 0))) return [];
	const { prefixModes, prefixSigns, listModes, paramModes } = c.isupport;
	const out: Event[] = [];
	let on = true;
	let at = 2;
	for (const letter of param(m, 1)) {
		if (letter === "+" || letter === "-") {
			on = letter === "+";
			continue;
		}
		const rank = prefixModes.indexOf(letter);
		const takes = rank >= 0 || listModes.includes(letter) || (on && paramModes.includes(letter));
		const value = takes ? param(m, at++) : "";
		if (rank >= 0) out.push({ type: "rank", key: fold(param(m, 0)), nick: value, sign: prefixSigns[rank] ?? "", on, order: prefixSigns });
	}
	return out;
}

function metadata(_: Context, m: Message): Event[] {
	const shift = m.command === "METADATA" ? 0 : 1; // 761 begins with the client's nick
	const [target, key] = [param(m, shift), param(m, shift + 1)];
	const value = m.params.length > shift + 3 ? text(m) : "";
	if (key === "display-name") return [{ type: "person", nick: target, field: "name", value }];
	if (key === "avatar") return [{ type: "person", nick: target, field: "avatar", value }];
	return [];
}

function markread(_: Context, m: Message): Event[] {
	const time = Date.parse(param(m, 1).replace(/^timestamp=/, ""));
	return [{ type: "read", key: fold(param(m, 0)), time: Number.isNaN(time) ? 0 : time }];
}

// Failures of things that no dialogue asked for: shown where they belong, with the server's own words.
function failure(c: Context, m: Message): Event[] {
	if (m.tags["label"] !== undefined) return []; // who asked shows it
	const where = m.params.find((p, i) => i > 0 && isChannel(c, p));
	return [info(where ? fold(where) : SERVER, text(m), timeOf(m, c.now))];
}

const HANDLERS: Record<string, (c: Context, m: Message) => Event[]> = {
	PRIVMSG: said,
	NOTICE: said,
	TAGMSG: tagmsg,
	JOIN: join,
	PART: part,
	KICK: part,
	MODE: mode,
	QUIT: (c, m) => [{ type: "quit", nick: nickOf(m.source), reason: param(m, 0), time: timeOf(m, c.now) }],
	NICK: (c, m) => [{ type: "nick", nick: nickOf(m.source), to: param(m, 0), time: timeOf(m, c.now) }],
	TOPIC: (c, m) => [{ type: "topic", key: fold(param(m, 0)), topic: param(m, 1), by: nickOf(m.source) },
		{ ...info(fold(param(m, 0)), `${nickOf(m.source)}: ${param(m, 1)}`, timeOf(m, c.now), "topicChanged") }],
	AWAY: (c, m) => [{ type: "member", nick: nickOf(m.source), change: { away: m.params.length > 0 } },
		...(fold(nickOf(m.source)) === fold(c.nick) ? [{ type: "self" as const, away: m.params.length > 0 }] : [])],
	ACCOUNT: (_, m) => [{ type: "member", nick: nickOf(m.source), change: { account: param(m, 0) === "*" ? "" : param(m, 0) } }],
	REDACT: (c, m) => [{ type: "redact", key: place(c, m).key, id: param(m, 1) }],
	RENAME: (_, m) => [{ type: "renamed", key: fold(param(m, 0)), to: param(m, 1) }],
	INVITE: (c, m) => [info(SERVER, `${nickOf(m.source)} → ${param(m, 1)}`, timeOf(m, c.now), "invited")],
	MARKREAD: markread,
	METADATA: metadata,
	"761": metadata,
	"766": metadata,
	"331": (_, m) => [{ type: "topic", key: fold(param(m, 1)), topic: "", by: "" }],
	"332": (_, m) => [{ type: "topic", key: fold(param(m, 1)), topic: param(m, 2), by: "" }],
	"353": (c, m) => [{ type: "names", key: fold(param(m, 2)), members: text(m).split(" ").filter(Boolean).map((w) => member(c, w)), first: false }],
	"305": () => [{ type: "self", away: false }],
	"306": () => [{ type: "self", away: true }],
	"900": (_, m) => [{ type: "self", account: param(m, 2) }],
	"901": () => [{ type: "self", account: "" }],
	"001": (_, m) => [{ type: "self", nick: param(m, 0) }],
	FAIL: failure,
	WARN: failure,
	NOTE: failure,
	ERROR: failure,
	WALLOPS: (c, m) => [info(SERVER, `${nickOf(m.source)}: ${text(m)}`, timeOf(m, c.now), "said")],
};
// Answers that tell a person nothing: counts of the server, ends of lists, what 005 says.
const SILENT = /^(00[2-5]|25[0-9]|26[56]|333|329|315|318|366|376|375|903|770|774|422|730|731)$/;

function one(c: Context, m: Message): Event[] {
	const handler = HANDLERS[m.command];
	if (handler) return handler(c, m);
	if (/^[45]\d\d$/.test(m.command) && m.command !== "422") return failure(c, m);
	if (/^\d{3}$/.test(m.command) && !SILENT.test(m.command)) return [info(SERVER, m.params.slice(1).join(" "), timeOf(m, c.now), "said")];
	return [];
}

export function interpret(c: Context, item: Item): Event[] {
	if (!isBatch(item)) return one(c, item);
	return item.items.flatMap((i) => interpret(c, i));
}

// A page of history: its entries, and the reactions and redactions within it.
export function historyOf(c: Context, items: Item[]): { entries: Entry[]; events: Event[]; size: number } {
	const batch = items.find((i) => isBatch(i) && i.type === "chathistory");
	const messages = batch ? messagesOf(batch) : [];
	const entries: Entry[] = [];
	const events: Event[] = [];
	for (const m of messages) {
		const entry = m.command === "PRIVMSG" || m.command === "NOTICE" ? entryOf(c, m) : null;
		if (entry) entries.push(entry);
		else if (m.command === "TAGMSG") events.push(...tagmsg(c, m).filter((e) => e.type === "react"));
	}
	return { entries, events, size: messages.length };
}

// The text of answers, for commands that a person typed.
export function answerText(items: Item[]): string[] {
	return items.flatMap(messagesOf).filter((m) => !/^(ACK|BATCH)$/.test(m.command))
		.map((m) => (m.command === "NOTICE" || m.command === "PRIVMSG" ? param(m, 1) : m.params.slice(/^\d{3}$/.test(m.command) ? 1 : 0).join(" ")));
}

// The reason of a refusal among answers; undefined: there is none.
export function failureIn(items: Item[]): string | undefined {
	const m = items.flatMap(messagesOf).find((x) => x.command === "FAIL" || /^[45]\d\d$/.test(x.command));
	return m && (text(m) || m.command);
}
