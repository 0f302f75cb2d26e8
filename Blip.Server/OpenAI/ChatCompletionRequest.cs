using System.Text.Json;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.OpenAI;

/// <summary>A request to <c>/v1/chat/completions</c>: OpenAI's fields, and BLIP's own beside them.</summary>
internal sealed record ChatCompletionRequest : GenerationRequest
{
    // Fields that change no words here, as they change none at OpenAI or are about their accounts.
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal)
    {
        "user", "metadata", "store", "service_tier", "parallel_tool_calls", "reasoning_effort", "verbosity", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "prediction", "web_search_options", "top_logprobs",
    };

    /// <summary>caption, ask, or blip, which chooses.</summary>
    public string? Model { get; init; }

    /// <summary>The conversation.</summary>
    public IReadOnlyList<ChatMessageInput>? Messages { get; init; }

    /// <summary>Whether words come as they are said.</summary>
    public bool? Stream { get; init; }

    /// <summary>A stream's facts besides words.</summary>
    public ChatStreamOptions? StreamOptions { get; init; }

    /// <summary>Most tokens of the answer; max_completion_tokens goes before it.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Most tokens of the answer.</summary>
    public int? MaxCompletionTokens { get; init; }

    /// <summary>Texts that end the answer, and are not in it.</summary>
    public IReadOnlyList<string>? Stop { get; init; }

    /// <summary>Words that a caption begins with.</summary>
    public string? Prompt { get; init; }

    /// <summary>Answers to choose among, in place of writing one.</summary>
    public IReadOnlyList<string>? Candidates { get; init; }

    /// <summary>1, or left out.</summary>
    public int? N { get; init; }

    /// <summary>0, or left out: repetition_penalty is BLIP's own.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>0, or left out: repetition_penalty is BLIP's own.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>Text, or left out.</summary>
    public JsonElement? ResponseFormat { get; init; }

    /// <summary>Text alone, or left out.</summary>
    public IReadOnlyList<string>? Modalities { get; init; }

    /// <summary>None, or left out.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>auto or none, or left out.</summary>
    public JsonElement? ToolChoice { get; init; }

    /// <summary>False, or left out.</summary>
    public bool? Logprobs { get; init; }

    /// <summary>Empty, or left out.</summary>
    public JsonElement? LogitBias { get; init; }

    /// <summary>Refuses options that would have to change the words and cannot.</summary>
    /// <exception cref="RequestException">There is such a field.</exception>
    public void Check()
    {
        RefuseUnknown(Ignored);
        Refuse(N is not (null or 1), "n", "one answer is given at a time");
        Refuse(FrequencyPenalty is not (null or 0), "frequency_penalty", "repetition_penalty is BLIP's own");
        Refuse(PresencePenalty is not (null or 0), "presence_penalty", "repetition_penalty is BLIP's own");
        Refuse(IsGiven(ResponseFormat) && TypeOf(ResponseFormat!.Value) != "text", "response_format", "BLIP says plain words");
        Refuse(Modalities?.Any(modality => modality != "text") == true, "modalities", "BLIP says plain words");
        Refuse(IsGiven(Tools), "tools", "BLIP calls none");
        Refuse(IsGiven(ToolChoice) && !(ToolChoice!.Value.ValueKind == JsonValueKind.String && ToolChoice.Value.GetString() is "auto" or "none"), "tool_choice", "BLIP calls no tools");
        Refuse(Logprobs == true, "logprobs", "no probabilities of tokens are given");
        Refuse(IsGiven(LogitBias), "logit_bias", "its tokens are those of another vocabulary");
        if (Stop?.Any(string.IsNullOrEmpty) == true)
            throw RequestException.Bad("stop holds an empty text, which would end every answer before its beginning.", "stop");
    }

    // Null, an empty list and an empty object say nothing.
    private static bool IsGiven(JsonElement? value) => value is { } element && element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => false,
        JsonValueKind.Array => element.GetArrayLength() > 0,
        JsonValueKind.Object => element.EnumerateObject().Any(),
        _ => true,
    };

    private static string? TypeOf(JsonElement format) =>
        format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static void Refuse(bool asked, string field, string reason)
    {
        if (asked)
            throw RequestException.Bad($"{field} cannot be followed: {reason}. Leave it out.", field);
    }
}

/// <summary>A message of a conversation.</summary>
internal sealed record ChatMessageInput
{
    /// <summary>user, assistant, system or developer.</summary>
    public string? Role { get; init; }

    /// <summary>A text, or a list of parts: text and image_url.</summary>
    public JsonElement? Content { get; init; }
}

/// <summary>A stream's facts besides words.</summary>
internal sealed record ChatStreamOptions
{
    /// <summary>Whether a last chunk has the numbers of tokens.</summary>
    public bool? IncludeUsage { get; init; }

    /// <summary>OpenAI's padding against listeners; none is sent.</summary>
    public bool? IncludeObfuscation { get; init; }
}
