import { useAdding } from "../catalog/adding";
import { Icon } from "../ui/icons";

/** Between two blocks: a task can be added here. From the keyboard, `/` at a block does the same behind it. */
export function InsertPoint({ list, index, last = false }: { list: string; index: number; last?: boolean }) {
  const open = useAdding((state) => state.at?.list === list && state.at.index === index);
  return (
    <button
      type="button"
      className={`insert ${last ? "last" : ""}`}
      tabIndex={last ? 0 : -1}
      aria-expanded={open}
      aria-label={last ? "Add task at the end" : "Add task here"}
      onClick={() => useAdding.getState().begin({ list, index })}
    >
      <span>
        <Icon name="plus" size={12} /> {last ? "Add task" : ""}
      </span>
    </button>
  );
}
