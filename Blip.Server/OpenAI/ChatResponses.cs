using System.Text.Json.Serialization;

namespace Blip.Server.OpenAI;

/// <summary>A whole answer of <c>/v1/chat/completions</c>.</summary>
internal sealed record ChatCompletion(string Id, long Created, string Model, IReadOnlyList<ChatChoice> Choices, TokenUsage Usage)
{
    public string Object => "chat.completion";
}

/// <summary>The one answer.</summary>
internal sealed record ChatChoice(ChatMessageOutput Message, string FinishReason)
{
    public int Index => 0;

    /// <summary>Always null; typed clients require the field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Logprobs => null;
}

/// <summary>The message of an answer.</summary>
internal sealed record ChatMessageOutput(string Content)
{
    /// <summary>Always null: BLIP refuses no request.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal => null;

    public string Role => "assistant";
}

/// <summary>A piece of a streamed answer.</summary>
internal record ChatCompletionChunk(string Id, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices)
{
    public string Object => "chat.completion.chunk";
}

/// <summary>The same with usage requested: null in each piece but the last, which has no choices.</summary>
internal sealed record ChatCompletionUsageChunk(
    string Id,
    long Created,
    string Model,
    IReadOnlyList<ChatChunkChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] TokenUsage? Usage)
    : ChatCompletionChunk(Id, Created, Model, Choices);

/// <summary>The next piece.</summary>
internal sealed record ChatChunkChoice(
    ChatDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason = null)
{
    public int Index => 0;
}

/// <summary>The new text.</summary>
internal sealed record ChatDelta(string? Content = null, string? Role = null);

/// <summary>Numbers of tokens. An image counts as its patches and the class token.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    public int TotalTokens => PromptTokens + CompletionTokens;
}
