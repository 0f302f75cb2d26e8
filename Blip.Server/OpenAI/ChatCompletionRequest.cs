using System.Text.Json;
using Blip.Server.Http;
using Blip.Server.Requests;

namespace Blip.Server.OpenAI;

/// <summary>A request to <c>/v1/chat/completions</c>: OpenAI's fields and BLIP's.</summary>
internal sealed record ChatCompletionRequest : GenerationRequest
{
    // Fields that do not change the text: they do not at OpenAI either, or concern accounts.
    private static readonly HashSet<string> Ignored = new(StringComparer.Ordinal)
    {
        "user", "metadata", "store", "service_tier", "parallel_tool_calls", "reasoning_effort", "verbosity", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "prediction", "web_search_options", "top_logprobs",
    };

    /// <summary>caption, ask, or blip, which chooses by the text.</summary>
    public string? Model { get; init; }

    /// <summary>The conversation.</summary>
    public IReadOnlyList<ChatMessageInput>? Messages { get; init; }

    /// <summary>Whether the text comes word by word.</summary>
    public bool? Stream { get; init; }

    /// <summary>Further content of a stream.</summary>
    public ChatStreamOptions? StreamOptions { get; init; }

    /// <summary>Most tokens of the answer; max_completion_tokens takes precedence.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Most tokens of the answer.</summary>
    public int? MaxCompletionTokens { get; init; }

    /// <summary>Texts that end the answer; they are left out of it.</summary>
    public IReadOnlyList<string>? Stop { get; init; }

    /// <summary>Words that begin the caption.</summary>
    public string? Prompt { get; init; }

    /// <summary>Answers to choose among, instead of writing one.</summary>
    public IReadOnlyList<string>? Candidates { get; init; }

    /// <summary>1 or omitted.</summary>
    public int? N { get; init; }

    /// <summary>0 or omitted; BLIP's field is repetition_penalty.</summary>
    public double? FrequencyPenalty { get; init; }

    /// <summary>0 or omitted; BLIP's field is repetition_penalty.</summary>
    public double? PresencePenalty { get; init; }

    /// <summary>Text or omitted.</summary>
    public JsonElement? ResponseFormat { get; init; }

    /// <summary>Text only, or omitted.</summary>
    public IReadOnlyList<string>? Modalities { get; init; }

    /// <summary>None or omitted.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>auto, none or omitted.</summary>
    public JsonElement? ToolChoice { get; init; }

    /// <summary>False or omitted.</summary>
    public bool? Logprobs { get; init; }

    /// <summary>Empty or omitted.</summary>
    public JsonElement? LogitBias { get; init; }

    /// <summary>Refuses options that would change the text but are not supported.</summary>
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
        Refuse(IsGiven(ToolChoice) && !(ToolChoice!.Value.ValueKind == JsonValueKind.String
            && ToolChoice.Value.GetString() is "auto" or "none"), "tool_choice", "BLIP calls no tools");
        Refuse(Logprobs == true, "logprobs", "no probabilities of tokens are given");
        Refuse(IsGiven(LogitBias), "logit_bias", "its tokens are those of another vocabulary");
        if (Stop?.Any(string.IsNullOrEmpty) == true)
            throw RequestException.Bad("stop holds an empty text, which would end every answer before its beginning.", "stop");
    }

    private static bool IsGiven(JsonElement? value) => value is { } element && element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => false,
        JsonValueKind.Array => element.GetArrayLength() > 0,
        JsonValueKind.Object => element.EnumerateObject().Any(),
        _ => true,
    };

    private static string? TypeOf(JsonElement format) =>
        format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
            ? type.GetString()
            : null;

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

    /// <summary>A text, or a list of parts of type text and image_url.</summary>
    public JsonElement? Content { get; init; }
}

/// <summary>Further content of a stream.</summary>
internal sealed record ChatStreamOptions
{
    /// <summary>Whether a last chunk reports token counts.</summary>
    public bool? IncludeUsage { get; init; }

    /// <summary>OpenAI's padding against eavesdroppers; none is sent.</summary>
    public bool? IncludeObfuscation { get; init; }
}
