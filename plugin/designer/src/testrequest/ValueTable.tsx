import type { Json } from "../api/types";
import { isObject } from "../request/schema";

const ROWS = 200;
const COLUMNS = 12;

/** The first list of objects in a value, or its fields. */
function rowsOf(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [value];
  const list = Object.values(value).find((part) => Array.isArray(part) && part.some(isObject));
  return Array.isArray(list) ? list : Object.entries(value).map(([name, part]) => ({ name, value: part }));
}

export function ValueTable({ value }: { value: Json }) {
  const rows = rowsOf(value);
  const names = [
    ...new Set(rows.slice(0, ROWS).flatMap((row) => (isObject(row) ? Object.keys(row) : ["value"]))),
  ];
  const shown = names.slice(0, COLUMNS);
  const cell = (row: Json, name: string) => {
    const part = isObject(row) ? row[name] : row;
    return part === undefined ? "" : typeof part === "string" ? part : JSON.stringify(part);
  };
  return (
    <div className="table" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {shown.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((row, index) => (
            <tr key={index}>
              {shown.map((name) => (
                <td key={name}>{cell(row, name).slice(0, 200)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {(rows.length > ROWS || names.length > COLUMNS) && (
        <p className="muted">
          {rows.length} rows, {names.length} columns; the first of them are shown.
        </p>
      )}
    </div>
  );
}
