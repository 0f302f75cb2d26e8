using System.Text.Json.Serialization;

namespace Blip.Server.OpenAI;

/// <summary>A whole answer of <c>/v1/chat/completions</c>.</summary>
internal sealed record ChatCompletion(string Id, long Created, string Model, IReadOnlyList<ChatChoice> Choices, TokenUsage Usage)
{
    /// <summary>What it is.</summary>
    public string Object => "chat.completion";
}

/// <summary>The one answer.</summary>
internal sealed record ChatChoice(ChatMessageOutput Message, string FinishReason)
{
    /// <summary>Its place.</summary>
    public int Index => 0;
}

/// <summary>The message of an answer.</summary>
internal sealed record ChatMessageOutput(string Content)
{
    /// <summary>Whose it is.</summary>
    public string Role => "assistant";
}

/// <summary>A piece of an answer that comes word by word.</summary>
internal sealed record ChatCompletionChunk(string Id, long Created, string Model, IReadOnlyList<ChatChunkChoice> Choices, TokenUsage? Usage = null)
{
    /// <summary>What it is.</summary>
    public string Object => "chat.completion.chunk";
}

/// <summary>The one answer's next piece.</summary>
internal sealed record ChatChunkChoice(ChatDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason = null)
{
    /// <summary>Its place.</summary>
    public int Index => 0;
}

/// <summary>What is new.</summary>
internal sealed record ChatDelta(string? Content = null, string? Role = null);

/// <summary>Numbers of tokens: an image counts as its patches and the class token.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    /// <summary>Both.</summary>
    public int TotalTokens => PromptTokens + CompletionTokens;
}
