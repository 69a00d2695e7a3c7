import { useQuery, useQueryClient } from "@tanstack/react-query";
import { listModels } from "../api/endpoints";
import type { Block, Json } from "../api/types";
import { useDocument } from "../state/document";
import { Prose } from "../ui/Prose";
import { ofDefinition, taskForm } from "./form";
import { partAt } from "./local";
import { isExpression } from "./schema";

const CHAT = "call.chatCompletion";

/** What a chat completion goes by where nothing else is written. */
export const connectionOf = (block: Block) => block.connections[0] ?? "openai";

interface UnlistedProps {
  block: Block;
  model: Json | undefined;
  /** Whether it is told also where no listed one is near: others are possible, until the server has refused it. */
  isRefused?: boolean;
}

/** A model that its server does not list, and which one was likely meant; nothing while the list is not known. */
export function UnlistedModel({ block, model, isRefused = false }: UnlistedProps) {
  const connection = connectionOf(block);
  const isName = typeof model === "string" && model !== "" && !isExpression(model);
  const { data } = useQuery({
    queryKey: ["models", connection, model],
    queryFn: () => listModels(connection, String(model)),
    enabled: block.kind === CHAT && isName,
    staleTime: 60_000,
    retry: false,
  });
  if (!isName || !data?.is_unlisted || !(data.meant || isRefused)) return null;
  const { meant, models } = data;
  return (
    <p className="field-fault written warning">
      <Prose text={`\`${model}\` is not among the ${models.length} models that \`${connection}\` lists.`} />{" "}
      {meant ? (
        <button
          type="button"
          className="put-right"
          title={`Put ${meant} in its place`}
          onClick={() => void ofDefinition.set(`${block.pointer}/with/model`, meant)}
        >
          <Prose text={`Did you mean \`${meant}\`?`} />
        </button>
      ) : (
        "Its field model offers those."
      )}
    </p>
  );
}

/** That a stream told nothing of its tokens, and what has it told: shown where they would be. */
export function UsageNotTold({ block }: { block: Block }) {
  const path = useDocument((state) => state.path);
  const text = useDocument((state) => state.checked);
  const client = useQueryClient();
  const { data } = useQuery({
    ...taskForm(client, path ?? "", text, block.pointer),
    enabled: block.kind === CHAT,
  });
  const place = "/with/stream_options/include_usage";
  if (partAt(data?.task, "/with/stream") !== true || partAt(data?.task, place) === true) return null;
  return (
    <div className="told warn" role="status">
      <p>
        <Prose text="The stream told no tokens, so that its cost is not known: servers tell them where `stream_options.include_usage` is set." />
      </p>
      <button
        type="button"
        className="button small"
        onClick={() => void ofDefinition.set(`${block.pointer}${place}`, true)}
      >
        Ask for them
      </button>
    </div>
  );
}
