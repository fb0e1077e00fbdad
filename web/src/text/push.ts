// A pushed line of IRC as a notification, or as the end of one.
import { fold, nickOf, parseLine, timeOf } from "../irc/line";
import { plain } from "./format";

const LONGEST = 200; // characters

export interface Note {
	title: string;
	body: string;
	tag: string; // one notification for a conversation: the name of its channel or user
	hash: string; // of the page's address that shows it
	time: number;
}

// null: not a message.
export function noteOf(line: string): Note | null {
	const m = parseLine(line);
	const [target = "", text = ""] = m?.params ?? [];
	if (!m || m.command !== "PRIVMSG" || !m.source) return null;
	const nick = nickOf(m.source);
	const channel = target.startsWith("#");
	const said = /^\x01ACTION (.*?)\x01?$/.exec(text);
	return { title: channel ? `${nick} · ${target}` : nick, body: plain(said ? `${nick} ${said[1] ?? ""}` : text).slice(0, LONGEST),
		tag: channel ? target : nick, hash: channel ? target : "", time: timeOf(m, 0) };
}

// MARKREAD: the conversation that was read elsewhere, and until when; null: not that.
export function readOf(line: string): { tag: string; time: number } | null {
	const m = parseLine(line);
	const time = Date.parse(/^timestamp=(.*)/.exec(m?.params[1] ?? "")?.[1] ?? "");
	return m?.command === "MARKREAD" && !Number.isNaN(time) ? { tag: fold(m.params[0] ?? ""), time } : null;
}
