// A pushed line of IRC as a notification.
import { nickOf, parseLine } from "../irc/line";
import { plain } from "./format";

const LONGEST = 200; // characters

export interface Note {
	title: string;
	body: string;
	tag: string; // one notification for a conversation: the name of its channel or user
	hash: string; // of the page's address that shows it
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
		tag: channel ? target : nick, hash: channel ? target : "" };
}
