// Texts in the person's language: lang/en.json is built in, the others are loaded when they are wanted.
import en from "../lang/en.json";

export type Key = keyof typeof en;
type Texts = Partial<Record<Key, string>>;

export const LANGUAGES: Record<string, string> = { en: "English", de: "Deutsch", zh: "中文" };
const LOADERS: Record<string, () => Promise<{ default: Texts }>> = {
	de: () => import("../lang/de.json"),
	zh: () => import("../lang/zh.json"),
};

export class Language {
	tag = "en";
	private texts: Texts = en;

	// `wanted`: a language of LANGUAGES, or "" for the first of the browser's that is there.
	async choose(wanted: string, browser: readonly string[]): Promise<void> {
		const tag = [wanted, ...browser].map((l) => l.slice(0, 2).toLowerCase()).find((l) => l in LANGUAGES) ?? "en";
		this.texts = tag in LOADERS ? ((await LOADERS[tag]?.())?.default ?? en) : en;
		this.tag = tag;
	}

	t(key: Key, values: Record<string, string | number> = {}): string {
		return (this.texts[key] ?? en[key]).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
	}
}

export const language = new Language();
export const t = (key: Key, values?: Record<string, string | number>): string => language.t(key, values);
