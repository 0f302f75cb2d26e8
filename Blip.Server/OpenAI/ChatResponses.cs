using System.Text.Json.Serialization;

namespace Blip.Server.OpenAI;

/// <summary>A whole answer of <c>/v1/chat/completions</c>.</summary>
internal sealed record ChatCompletion(string Id, long Created, string Model, IReadOnlyList<ChatChoice> Choices, TokenUsage Usage)
{
    /// <summary>Its type.</summary>
    public string Object => "chat.completion";
}

/// <summary>The one answer.</summary>
internal sealed record ChatChoice(ChatMessageOutput Message, string FinishReason)
{
    /// <summary>Its place.</summary>
    public int Index => 0;

    /// <summary>Always null, as OpenAI's is where none are asked for: typed clients want the field.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Logprobs => null;
}

/// <summary>The message of an answer.</summary>
internal sealed record ChatMessageOutput(string Content)
{
    /// <summary>Always null: BLIP refuses no image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Refusal => null;

    /// <summary>Whose it is.</summary>
    public string Role => "assistant";
}

/// <summary>A piece of an answer that comes word by word.</summary>
internal record ChatCompletionChunk(string Id, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices)
{
    /// <summary>Its type.</summary>
    public string Object => "chat.completion.chunk";
}

/// <summary>The same where the usage is asked for: null in each piece but the last, which has no choices.</summary>
internal sealed record ChatCompletionUsageChunk(
    string Id,
    long Created,
    string Model,
    IReadOnlyList<ChatChunkChoice> Choices,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] TokenUsage? Usage)
    : ChatCompletionChunk(Id, Created, Model, Choices);

/// <summary>The one answer's next piece.</summary>
internal sealed record ChatChunkChoice(ChatDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason = null)
{
    /// <summary>Its place.</summary>
    public int Index => 0;
}

/// <summary>The new part.</summary>
internal sealed record ChatDelta(string? Content = null, string? Role = null);

/// <summary>Numbers of tokens: an image counts as its patches and the class token.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    /// <summary>Both.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;
}
