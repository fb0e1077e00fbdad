// The next state, from the last one and what happened since. Pure: reduce() changes nothing that it is given. Within one call a part of
// the state is copied once, however many events change it, so that a netsplit of 5,000 costs no 5,000 copies.
import { fold } from "../irc/line";
import type { Event, PageKind } from "./events";
import { SERVER, isText, newConversation, type Conversation, type Entry, type Presence, type State } from "./model";
import { count, findById, holds, indexAt, insert, merge, withGap, withoutGap } from "./timeline";

const PRESENCE_MS = 600_000; // comings and goings within it are one row
const PRESENCE_MOST = 50;

// The state under way to the next one: what it hands out may be changed.
class Draft {
	private owned = new WeakSet<object>();
	s: State;

	constructor(state: State) {
		this.s = { ...state };
	}

	map<K, V>(map: Map<K, V>, keep: (copy: Map<K, V>) => void): Map<K, V> {
		if (this.owned.has(map)) return map;
		const copy = new Map(map);
		this.owned.add(copy);
		keep(copy);
		return copy;
	}

	conversations(): State["conversations"] {
		return this.map(this.s.conversations, (m) => (this.s.conversations = m));
	}

	get(key: string): Conversation | undefined {
		const c = this.s.conversations.get(key);
		if (!c || this.owned.has(c)) return c;
		const copy = { ...c };
		this.owned.add(copy);
		this.conversations().set(key, copy);
		return copy;
	}

	open(key: string, name: string, kind: Conversation["kind"]): Conversation {
		const known = this.get(key);
		if (known) return known;
		const c = newConversation(key, name, kind);
		for (const o of [c, c.members, c.entries, c.reactions, c.typing]) this.owned.add(o);
		this.conversations().set(key, c);
		return c;
	}

	members(c: Conversation): Conversation["members"] {
		return this.map(c.members, (m) => (c.members = m));
	}

	// An entry in its place: at the end in all but rare cases, and then without a copy if this draft made the list.
	add(c: Conversation, entry: Entry): void {
		const last = c.entries[c.entries.length - 1];
		if (last && entry.time <= last.time) {
			c.entries = insert(c.entries, entry);
			return;
		}
		if (!this.owned.has(c.entries)) {
			c.entries = c.entries.slice();
			this.owned.add(c.entries);
		}
		c.entries.push(entry);
	}

	replaceLast(c: Conversation, entry: Entry): void {
		c.entries = c.entries.slice(0, -1).concat(entry);
		this.owned.add(c.entries);
	}
}

function recount(c: Conversation): void {
	Object.assign(c, count(c.entries, c.readAt, c.kind === "direct"));
}

function addEntry(d: Draft, c: Conversation, entry: Entry): void {
	if (holds(c.entries, entry)) return;
	d.add(c, entry);
	if (!isText(entry)) return;
	c.lastTime = Math.max(c.lastTime, entry.time);
	if (entry.self) { // who speaks has read what came before
		c.readAt = Math.max(c.readAt, entry.time);
		return recount(c);
	}
	if (entry.time <= c.readAt) return;
	if (!c.divider && !(d.s.looking && d.s.current === c.key)) c.divider = c.readAt;
	c.unread++;
	if (entry.mention || c.kind === "direct") c.mentions++;
}

function addPresence(d: Draft, c: Conversation, p: Presence, time: number): void {
	const last = c.entries[c.entries.length - 1];
	if (last?.kind === "presence" && time - last.time < PRESENCE_MS && (last.presence?.length ?? 0) < PRESENCE_MOST) {
		d.replaceLast(c, { ...last, presence: [...(last.presence ?? []), p] });
		return;
	}
	d.add(c, { key: `p${time}.${c.entries.length}`, kind: "presence", time, nick: "", text: "", presence: [p] });
}

function latest(c: Conversation, page: Entry[], full: boolean): void {
	const first = page[0];
	const knew = c.entries.some((e) => e.id !== undefined && (!first || e.time < first.time));
	c.entries = merge(c.entries, page);
	if (full && knew && first) c.entries = withGap(c.entries, first.time);
	if (!full && !knew) c.complete = true;
}

function around(c: Conversation, page: Entry[]): void {
	const [first, last] = [page[0], page[page.length - 1]];
	if (!first || !last) return;
	const [firstKnown, lastKnown] = [holds(c.entries, first), holds(c.entries, last)];
	c.entries = merge(c.entries, page).filter((e) => e.kind !== "gap" || e.time < first.time || e.time > last.time);
	const after = c.entries[indexAt(c.entries, last.time + 1)];
	if (!lastKnown && after) c.entries = withGap(c.entries, after.time);
	if (!firstKnown) c.entries = withGap(c.entries, first.time);
}

function intoGap(c: Conversation, page: Entry[], how: PageKind & { from: "gap" }, full: boolean): void {
	c.entries = merge(withoutGap(c.entries, how.gap), page);
	const edge = how.upwards ? page[0] : page[page.length - 1];
	if (!full || !edge) return;
	c.entries = withGap(c.entries, how.upwards ? edge.time : edge.time + 1);
}

function addPage(d: Draft, c: Conversation, given: Entry[], how: PageKind, full: boolean): void {
	const page = given.slice().sort((a, b) => a.time - b.time);
	c.loading = false;
	if (how.from === "latest") latest(c, page, full);
	else if (how.from === "around") around(c, page);
	else if (how.from === "gap") intoGap(c, page, how, full);
	else {
		c.entries = merge(c.entries, page);
		c.complete = !full;
	}
	for (const e of page) c.lastTime = Math.max(c.lastTime, e.time);
	recount(c);
	if (c.unread && !c.divider && (how.from === "latest" || !(d.s.looking && d.s.current === c.key))) c.divider = c.readAt;
}

function select(d: Draft, key: string): void {
	const old = d.get(d.s.current);
	if (old) old.divider = 0;
	d.s.current = key;
	const c = d.get(key);
	if (c) c.divider = c.unread ? c.readAt : 0;
}

function joined(d: Draft, name: string, time: number): void {
	const c = d.open(fold(name), name, "channel");
	c.joined = true;
	c.name = name;
	c.members = new Map();
	if (!c.readAt) {
		c.readAt = time;
		c.readGuessed = true;
	}
}

function leave(d: Draft, c: Conversation, nick: string): void {
	d.members(c).delete(fold(nick));
	if (c.typing.has(nick)) {
		c.typing = new Map(c.typing);
		c.typing.delete(nick);
	}
}

function rename(d: Draft, nick: string, to: string, time: number): void {
	for (const c of d.s.conversations.values()) {
		const member = c.members.get(fold(nick));
		if (!member) continue;
		const own = d.get(c.key) as Conversation;
		d.members(own).delete(fold(nick));
		d.members(own).set(fold(to), { ...member, nick: to });
		addPresence(d, own, { what: "nick", nick, detail: to }, time);
	}
	const direct = d.get(fold(nick));
	if (direct?.kind === "direct" && fold(nick) !== fold(to) && !d.s.conversations.has(fold(to))) {
		d.conversations().delete(fold(nick));
		Object.assign(direct, { key: fold(to), name: to });
		d.conversations().set(direct.key, direct);
		if (d.s.current === fold(nick)) d.s.current = direct.key;
	}
	if (nick === d.s.nick) d.s.nick = to;
}

function rank(c: Conversation, d: Draft, e: Event & { type: "rank" }): void {
	const member = d.members(c).get(fold(e.nick));
	if (!member) return;
	const has = new Set(member.signs);
	if (e.on) has.add(e.sign);
	else has.delete(e.sign);
	d.members(c).set(fold(e.nick), { ...member, signs: [...e.order].filter((s) => has.has(s)).join("") });
}

function react(c: Conversation, e: Event & { type: "react" }): void {
	const all = new Map(c.reactions.get(e.id));
	const nicks = (all.get(e.reaction) ?? []).filter((n) => fold(n) !== fold(e.nick));
	if (e.on) nicks.push(e.nick);
	if (nicks.length) all.set(e.reaction, nicks);
	else all.delete(e.reaction);
	c.reactions = new Map(c.reactions).set(e.id, all);
}

function redact(c: Conversation, id: string): void {
	const at = findById(c.entries, id);
	if (at < 0) return;
	c.entries = c.entries.slice();
	c.entries[at] = { ...(c.entries[at] as Entry), text: "", redacted: true };
	recount(c);
}

function read(c: Conversation, time: number): void {
	if (!time) return;
	c.readAt = c.readGuessed ? time : Math.max(c.readAt, time);
	c.readGuessed = false;
	recount(c);
}

function settle(c: Conversation, e: Event & { type: "settle" }): void {
	c.pending = c.pending.map((p) => (p.label !== e.label ? p : { ...p, sent: e.sent ?? p.sent, error: e.error ?? p.error }));
	if (e.error === undefined && e.sent === undefined) c.pending = c.pending.filter((p) => p.label !== e.label);
}

function typing(c: Conversation, nick: string, until: number): void {
	c.typing = new Map(c.typing);
	if (until) c.typing.set(nick, until);
	else c.typing.delete(nick);
}

function entry(d: Draft, e: Event & { type: "entry" }): void {
	const stray = e.entry.kind === "info" && !d.s.conversations.has(e.key); // about a channel that the user is not in
	const c = stray ? d.open(SERVER, SERVER, "server") : d.open(e.key, e.name, e.kind);
	if (e.label) c.pending = c.pending.filter((p) => p.label !== e.label);
	if (c.typing.has(e.entry.nick)) typing(c, e.entry.nick, 0);
	addEntry(d, c, e.entry);
}

function status(d: Draft, e: Event & { type: "status" }): void {
	Object.assign(d.s, { status: e.status, retryAt: e.retryAt, reason: e.reason });
	if (e.status === "online") return;
	for (const key of d.s.conversations.keys()) {
		const c = d.get(key) as Conversation;
		c.loading = false;
		if (c.typing.size) c.typing = new Map();
	}
}

function changeMember(d: Draft, e: Event & { type: "member" }): void {
	for (const c of d.s.conversations.values()) {
		const member = c.members.get(fold(e.nick));
		const own = member && d.get(c.key);
		if (own && member) d.members(own).set(fold(e.nick), { ...member, ...e.change });
	}
}

// Events that concern one conversation that is there; others are ignored.
function within(d: Draft, c: Conversation, e: Event & { key: string }): void {
	switch (e.type) {
		case "parted":
			c.joined = false;
			c.members = new Map();
			break;
		case "page":
			addPage(d, c, e.page, e.how, e.full);
			break;
		case "loading":
			c.loading = e.loading;
			break;
		case "join":
			d.members(c).set(fold(e.member.nick), e.member);
			addPresence(d, c, { what: "join", nick: e.member.nick, detail: "" }, e.time);
			break;
		case "part":
			leave(d, c, e.nick);
			addPresence(d, c, { what: e.by ? "kick" : "part", nick: e.nick, detail: e.by ? `${e.by}${e.reason ? `: ${e.reason}` : ""}` : e.reason }, e.time);
			break;
		case "names":
			if (e.first) c.members = new Map();
			for (const m of e.members) d.members(c).set(fold(m.nick), { ...c.members.get(fold(m.nick)), ...m });
			break;
		case "rank":
			rank(c, d, e);
			break;
		case "topic":
			Object.assign(c, { topic: e.topic, topicBy: e.by });
			break;
		case "typing":
			typing(c, e.nick, e.until);
			break;
		case "react":
			react(c, e);
			break;
		case "redact":
			redact(c, e.id);
			break;
		case "read":
			read(c, e.time);
			break;
		case "pend":
			c.pending = [...c.pending.filter((p) => p.label !== e.pending.label), e.pending];
			break;
		case "settle":
			settle(c, e);
			break;
		case "close":
			d.conversations().delete(e.key);
			if (d.s.current === e.key) d.s.current = "";
			break;
		case "renamed":
			d.conversations().delete(e.key);
			Object.assign(c, { key: fold(e.to), name: e.to });
			d.conversations().set(c.key, c);
			if (d.s.current === e.key) d.s.current = c.key;
			break;
	}
}

function person(d: Draft, e: Event & { type: "person" }): void {
	const key = fold(e.nick);
	const next = { ...d.s.people.get(key) };
	if (e.value) next[e.field] = e.value;
	else delete next[e.field];
	d.map(d.s.people, (m) => (d.s.people = m)).set(key, next);
}

function quit(d: Draft, e: Event & { type: "quit" }): void {
	for (const c of d.s.conversations.values()) {
		if (!c.members.has(fold(e.nick))) continue;
		const own = d.get(c.key) as Conversation;
		leave(d, own, e.nick);
		addPresence(d, own, { what: "quit", nick: e.nick, detail: e.reason }, e.time);
	}
}

function step(d: Draft, e: Event): void {
	if (e.type === "entry") entry(d, e);
	else if (e.type === "status") status(d, e);
	else if (e.type === "self") Object.assign(d.s, Object.fromEntries(Object.entries(e).filter(([k]) => k !== "type")));
	else if (e.type === "open") {
		const c = d.open(e.key, e.name, e.kind);
		c.lastTime = Math.max(c.lastTime, e.time);
	} else if (e.type === "select") select(d, e.key);
	else if (e.type === "looking") d.s.looking = e.looking;
	else if (e.type === "joined") joined(d, e.name, e.time);
	else if (e.type === "quit") quit(d, e);
	else if (e.type === "nick") rename(d, e.nick, e.to, e.time);
	else if (e.type === "member") changeMember(d, e);
	else if (e.type === "person") person(d, e);
	else {
		const c = d.get(e.key);
		if (c) within(d, c, e);
	}
}

export function reduce(state: State, events: Event[]): State {
	const d = new Draft(state);
	for (const e of events) step(d, e);
	return d.s;
}

// The conversation with the server is no place to talk: it comes last in every list.
export function inOrder(state: State): Conversation[] {
	const group = (c: Conversation) => (c.key === SERVER ? 2 : c.kind === "direct" ? 1 : 0);
	return [...state.conversations.values()].sort((a, b) => group(a) - group(b) ||
		(group(a) === 1 ? b.lastTime - a.lastTime : 0) || (a.key < b.key ? -1 : 1));
}
