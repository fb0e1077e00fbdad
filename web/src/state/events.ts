// What can happen to the state: facts from the server (interpret.ts) and doings of the user (app.ts).
import type { Conversation, Entry, Member, Pending, State } from "./model";

// How a page of history relates to what is there already.
export type PageKind =
	| { from: "latest" } // the newest messages, or the newest after the last known one
	| { from: "older" } // those before the first known one
	| { from: "around" } // those around a date
	| { from: "gap"; gap: string; upwards: boolean }; // between the neighbours of a gap, from below or from above

export type Event =
	| { type: "status"; status: State["status"]; retryAt: number; reason: string }
	| { type: "self"; nick?: string; account?: string; away?: boolean; network?: string }
	| { type: "open"; key: string; name: string; kind: Conversation["kind"]; time: number }
	| { type: "close"; key: string }
	| { type: "select"; key: string }
	| { type: "looking"; looking: boolean }
	| { type: "joined"; name: string; time: number }
	| { type: "parted"; key: string }
	| { type: "entry"; key: string; name: string; kind: Conversation["kind"]; entry: Entry; label?: string }
	| { type: "page"; key: string; page: Entry[]; how: PageKind; full: boolean }
	| { type: "loading"; key: string; loading: boolean }
	| { type: "join"; key: string; member: Member; time: number }
	| { type: "part"; key: string; nick: string; reason: string; time: number; by?: string }
	| { type: "quit"; nick: string; reason: string; time: number }
	| { type: "nick"; nick: string; to: string; time: number }
	| { type: "names"; key: string; members: Member[]; first: boolean }
	| { type: "rank"; key: string; nick: string; sign: string; on: boolean; order: string }
	| { type: "member"; nick: string; change: Partial<Member> }
	| { type: "topic"; key: string; topic: string; by: string }
	| { type: "renamed"; key: string; to: string }
	| { type: "person"; nick: string; field: "name" | "avatar"; value: string }
	| { type: "typing"; key: string; nick: string; until: number }
	| { type: "react"; key: string; id: string; reaction: string; nick: string; on: boolean }
	| { type: "redact"; key: string; id: string }
	| { type: "read"; key: string; time: number }
	| { type: "pend"; key: string; pending: Pending }
	| { type: "settle"; key: string; label: string; error?: string; sent?: boolean };
