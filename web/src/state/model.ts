// What the client knows, as data. The state is never changed in place: reduce.ts makes the next one.

export type EntryKind = "message" | "action" | "notice" | "presence" | "info" | "gap";

// A row of a conversation.
export interface Entry {
	key: string; // of its own within the conversation, for as long as the page is open
	kind: EntryKind;
	time: number; // the server's, in milliseconds since 1970
	nick: string;
	text: string;
	id?: string; // msgid
	account?: string;
	reply?: string; // msgid of the message that is answered
	self?: boolean;
	mention?: boolean;
	redacted?: boolean;
	status?: string; // "@" : to the operators only
	presence?: Presence[];
	info?: string; // kind "info": key of the text in lang/
}

export interface Presence {
	what: "join" | "part" | "quit" | "kick" | "nick";
	nick: string;
	detail: string; // reason, or the new nick
}

export interface Member {
	nick: string;
	signs: string; // "@+": the ranks, highest first
	away?: boolean;
	account?: string;
}

// Sent, and not yet confirmed.
export interface Pending {
	label: string;
	time: number;
	text: string;
	reply?: string;
	action?: boolean;
	sent: boolean; // false: waits for the connection
	error?: string; // not "": failed, with the server's reason
}

export interface Conversation {
	key: string; // the name, folded
	name: string;
	kind: "channel" | "direct" | "server";
	joined: boolean;
	topic: string;
	topicBy: string;
	members: Map<string, Member>; // by folded nick
	entries: Entry[]; // by time
	pending: Pending[];
	reactions: Map<string, Map<string, string[]>>; // msgid -> reaction -> nicks
	typing: Map<string, number>; // nick -> until when
	readAt: number; // time of the last message that was read, here or elsewhere
	readGuessed?: boolean; // the server has said nothing: what was said before the user came counts as read
	unread: number;
	mentions: number;
	divider: number; // where "new messages" is drawn: what was read when the conversation was opened; 0: nowhere
	complete: boolean; // nothing older exists
	loading: boolean;
	lastTime: number; // of the newest message: the order of the list
}

export interface Person {
	name?: string; // metadata display-name
	avatar?: string;
}

export interface State {
	status: "connecting" | "online" | "waiting" | "stopped";
	retryAt: number;
	reason: string;
	nick: string;
	account: string;
	away: boolean;
	network: string;
	conversations: Map<string, Conversation>;
	current: string; // key; "": none
	people: Map<string, Person>; // by folded nick
	looking: boolean; // the page is before somebody's eyes
}

export const SERVER = "*"; // key of the conversation with the server itself

export const NOTHING: State = {
	status: "stopped", retryAt: 0, reason: "", nick: "", account: "", away: false, network: "",
	conversations: new Map(), current: "", people: new Map(), looking: true,
};

export function newConversation(key: string, name: string, kind: Conversation["kind"]): Conversation {
	return {
		key, name, kind, joined: false, topic: "", topicBy: "", members: new Map(), entries: [], pending: [], reactions: new Map(),
		typing: new Map(), readAt: 0, unread: 0, mentions: 0, divider: 0, complete: kind === "server", loading: false, lastTime: 0,
	};
}

export function isText(e: Entry): boolean {
	return e.kind === "message" || e.kind === "action" || e.kind === "notice";
}
