import { type KeyboardEvent, useId, useState } from "react";
import { plainText, splitSentence } from "../ui/Prose";
import { OptionList } from "./ExpressionInput";
import { found, type Schema } from "./schema";

const FEW = 3;
const LONGEST = 70;
const MOST_INNER = 30;

interface AddFieldProps {
  names: string[];
  schemaOf(name: string): Schema;
  /** Fields within fields, which are found by their names. */
  inner(): { path: string[]; schema: Schema }[];
  add(...path: string[]): void;
}

/** Few fields have a button each; of many, one is chosen by its name and what it is for. */
export function AddField({ names, schemaOf, inner, add }: AddFieldProps) {
  if (names.length <= FEW)
    return (
      <div className="add-row">
        {names.map((name) => (
          <button
            key={name}
            type="button"
            className="add-field"
            title={firstSentence(schemaOf(name))}
            onClick={() => add(name)}
          >
            + {name}
          </button>
        ))}
      </div>
    );
  const fields = names.map((name) => ({ label: name, path: [name], ...told(schemaOf(name)) }));
  return <FieldSearch fields={fields} inner={inner} add={add} />;
}

const firstSentence = ({ description = "" }: Schema) => plainText(splitSentence(description)[0]);

const told = (schema: Schema) => ({
  about: schema.description ?? "",
  detail: `${schema.deprecated ? "deprecated. " : ""}${shortened(firstSentence(schema))}`,
});

const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** What a field is for, behind its name where one chooses. */
export const about = (schema: Schema) => {
  const text = shortened(firstSentence(schema));
  return text && `: ${text}`;
};

interface FieldOption {
  label: string;
  path: string[];
  detail: string;
  about: string;
}

interface FieldSearchProps extends Pick<AddFieldProps, "inner" | "add"> {
  fields: FieldOption[];
}

/** Of many fields, one is found by its name or by what it is for. */
function FieldSearch({ fields, inner, add }: FieldSearchProps) {
  const [query, setQuery] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const list = useId();
  const within = query?.trim()
    ? inner().map(({ path, schema }) => ({ label: path.join(" › "), path, ...told(schema) }))
    : [];
  const options =
    query === null ? [] : [...found(fields, query), ...found(within, query).slice(0, MOST_INNER)];
  const look = (next: string | null) => {
    setQuery(next);
    setChosen(0);
  };
  const take = ({ path }: FieldOption) => {
    look(null);
    add(...path);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = options[chosen];
    if (step && query === null) look("");
    else if (step && options.length) setChosen((chosen + step + options.length) % options.length);
    else if (event.key === "Enter" && option) take(option);
    else if (event.key === "Enter" && query === null) look("");
    else if (event.key === "Escape" && query !== null) look(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="expression choice add-search-field">
      <input
        className="field-input add-field"
        role="combobox"
        aria-label="Add a field"
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls={list}
        aria-activedescendant={options[chosen] ? `${list}-${chosen}` : undefined}
        placeholder={`+ Add field (${fields.length})`}
        value={query ?? ""}
        onChange={(event) => look(event.target.value)}
        onClick={() => query === null && look("")}
        onBlur={() => look(null)}
        onKeyDown={onKey}
      />
      <OptionList<FieldOption> id={list} label="fields" options={options} chosen={chosen} take={take} />
      {query?.trim() && !options.length && <p className="field-about">No field is called so.</p>}
    </div>
  );
}
