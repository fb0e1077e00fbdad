// A component that is drawn again only if one of its properties is another one.
import { Component, type ComponentChild, type FunctionComponent } from "preact";

export function memo<P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> {
	class Memo extends Component<P> {
		override shouldComponentUpdate(next: P): boolean {
			const now = this.props as Record<string, unknown>;
			const then = next as Record<string, unknown>;
			return Object.keys(then).length !== Object.keys(now).length || Object.keys(then).some((k) => then[k] !== now[k]);
		}
		render() {
			return draw(this.props);
		}
	}
	return Memo as unknown as FunctionComponent<P>;
}
