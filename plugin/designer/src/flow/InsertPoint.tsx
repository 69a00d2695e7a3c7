import { useAdding } from "../catalog/adding";
import { Icon } from "../ui/icons";
import { useDragging } from "./dragging";

interface Props {
  list: string;
  index: number;
  last?: boolean;
  what?: "task" | "branch";
}

/** Between two blocks: a task can be added here. From the keyboard, `/` at a block does the same behind it. */
export function InsertPoint({ list, index, last = false, what = "task" }: Props) {
  const open = useAdding((state) => state.at?.list === list && state.at.index === index);
  const landing = useDragging(({ to }) => to?.list === list && to.index === index);
  return (
    <button
      type="button"
      className={`insert ${last ? "last" : ""} ${landing ? "landing" : ""}`}
      data-list={list}
      data-index={index}
      tabIndex={last ? 0 : -1}
      aria-expanded={open}
      aria-label={last ? `Add ${what} at the end` : `Add ${what} here`}
      onClick={() => useAdding.getState().begin({ list, index })}
    >
      <span>
        <Icon name="plus" size={12} /> {last ? `Add ${what}` : ""}
      </span>
    </button>
  );
}
