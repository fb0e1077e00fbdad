// Capabilities and ISUPPORT: what the server can do, and which of it this client uses.

// All that the client makes use of; what the server does not have, it does without.
export const WANTED = [
	"account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost", "draft/account-registration", "draft/channel-rename",
	"draft/chathistory", "draft/event-playback", "draft/message-redaction", "draft/metadata-3", "draft/multiline", "draft/pre-away",
	"draft/read-marker", "echo-message", "extended-join", "invite-notify", "labeled-response", "message-tags", "multi-prefix", "sasl",
	"server-time", "setname", "soju.im/search", "soju.im/webpush", "standard-replies", "userhost-in-names",
];

// The capabilities of "CAP LS" and "CAP NEW": names and values.
export function parseCaps(text: string): Map<string, string> {
	const caps = new Map<string, string>();
	for (const word of text.split(" ")) {
		const eq = word.indexOf("=");
		if (word) caps.set(eq < 0 ? word : word.slice(0, eq), eq < 0 ? "" : word.slice(eq + 1));
	}
	return caps;
}

// The value of a key within a capability's value "key=value,flag"; "" for a flag, undefined if it is not there.
export function capValue(value: string | undefined, key: string): string | undefined {
	for (const part of (value ?? "").split(",")) {
		if (part === key) return "";
		if (part.startsWith(key + "=")) return part.slice(key.length + 1);
	}
	return undefined;
}

// What 005 says, of which a client must know: the rest has no use here.
export interface Isupport {
	network: string;
	chantypes: string;
	prefixModes: string; // "qaohv"
	prefixSigns: string; // "~&@%+"
	listModes: string; // modes that take a parameter, always
	paramModes: string; // modes that take one when set
	historyPage: number;
	nickLength: number;
	topicLength: number;
	vapid: string; // the server's public key for Web Push; "": none
	filehost: string; // where files are uploaded to; "": nowhere
}

export const ISUPPORT: Isupport = {
	network: "", chantypes: "#", prefixModes: "ov", prefixSigns: "@+", listModes: "beI", paramModes: "kl",
	historyPage: 100, nickLength: 32, topicLength: 390, vapid: "", filehost: "",
};

// The parameters of one 005 added to what was known.
export function withIsupport(known: Isupport, params: string[]): Isupport {
	const next = { ...known };
	for (const token of params.slice(1, -1)) {
		const [key = "", value = ""] = token.split(/=(.*)/s);
		const modes = value.split(",");
		const prefix = /^\((.*)\)(.*)$/.exec(value);
		if (key === "NETWORK") next.network = value;
		else if (key === "CHANTYPES") next.chantypes = value;
		else if (key === "PREFIX" && prefix) [next.prefixModes, next.prefixSigns] = [prefix[1] ?? "", prefix[2] ?? ""];
		else if (key === "CHANMODES") [next.listModes, next.paramModes] = [modes[0] + (modes[1] ?? ""), modes[2] ?? ""];
		else if (key === "CHATHISTORY") next.historyPage = Math.min(Number(value) || 200, 200);
		else if (key === "VAPID") next.vapid = value;
		else if (key === "NICKLEN") next.nickLength = Number(value) || next.nickLength;
		else if (key === "soju.im/FILEHOST") next.filehost = value;
		else if (key === "TOPICLEN") next.topicLength = Number(value) || next.topicLength;
	}
	return next;
}
