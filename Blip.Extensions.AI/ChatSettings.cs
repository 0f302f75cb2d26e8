using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.AI;

namespace Blip.Extensions.AI;

/// <summary>A chat's options in BLIP's terms: each is followed or refused. Empty candidates mean that an answer is written.</summary>
internal sealed record ChatSettings(
    GenerationOptions Generation, string? Prompt, IReadOnlyList<string> Candidates, IReadOnlyList<string> StopSequences)
{
    // Lower temperatures mean the likeliest token; people write 0.
    private const float Coldest = 1e-4f;

    /// <summary>False where the words are known only at the end.</summary>
    public bool HasWordsBeforeTheEnd => Generation is { NumBeams: 1, NumReturnSequences: 1 } && Candidates.Count == 0;

    /// <summary>Reads options; null gives <paramref name="defaults"/>. <paramref name="asks"/>: a question, not a caption.</summary>
    /// <exception cref="NotSupportedException">An option is not supported.</exception>
    /// <exception cref="ArgumentException">An option is out of range or unknown.</exception>
    public static ChatSettings Of(ChatOptions? options, IChatClient client, GenerationOptions defaults, string modelId, bool asks)
    {
        if (options is null)
            return new ChatSettings(defaults, null, [], []);
        Refuse(options);
        if (options.ModelId is { } wanted && wanted != modelId)
            throw new ArgumentException(
                $"ModelId is '{wanted}', and this is '{modelId}': leave it out, or ask the client of that model.", nameof(options));
        var generation = options.RawRepresentationFactory?.Invoke(client) switch
        {
            null => defaults,
            GenerationOptions raw => raw,
            var other => throw new ArgumentException(
                $"RawRepresentationFactory gave a {other.GetType().Name}; give GenerationOptions.", nameof(options)),
        };
        var properties = new ChatProperties(options.AdditionalProperties, asks);
        generation = properties.Apply(Sampling(options, generation));
        if (options.MaxOutputTokens is { } most)
            generation = generation with { MaxNewTokens = most };
        generation.Validate();
        if (options.StopSequences?.Any(string.IsNullOrEmpty) == true)
            throw new ArgumentException(
                "StopSequences holds an empty one, which would end every text before its beginning.", nameof(options));
        return new ChatSettings(generation, properties.Prompt, properties.Candidates, [.. options.StopSequences ?? []]);
    }

    public CaptionOptions ForCaption() => new() { Generation = Generation, Prompt = Prompt };

    public AnswerOptions ForAnswer() => new() { Generation = Generation, Candidates = Candidates };

    // As in other services: a temperature, a top p or a top k turns sampling on; temperature 0 turns it off.
    private static GenerationOptions Sampling(ChatOptions options, GenerationOptions generation)
    {
        if (options.Seed is { } seed)
            generation = generation with { Seed = unchecked((ulong)seed) };
        if (options.Temperature is null && options.TopP is null && options.TopK is null)
            return generation;
        if (options.Temperature is >= 0 and < Coldest)
            return generation with { DoSample = false };
        return generation with
        {
            DoSample = true,
            Temperature = options.Temperature ?? generation.Temperature,
            TopP = options.TopP ?? generation.TopP,
            TopK = options.TopK ?? generation.TopK,
        };
    }

    private static void Refuse(ChatOptions options)
    {
        RefuseIf(options.Tools is { Count: > 0 }, "Tools", "BLIP calls none");
        RefuseIf(options.ToolMode is RequiredChatToolMode, "ToolMode", "BLIP calls no tools");
        RefuseIf(!string.IsNullOrEmpty(options.Instructions), "Instructions",
            "BLIP follows none; words for a caption to begin with are the additional property 'prompt'");
        RefuseIf(options.ResponseFormat is not (null or ChatResponseFormatText), "ResponseFormat", "BLIP says plain words");
        RefuseIf(options.FrequencyPenalty is not (null or 0), "FrequencyPenalty",
            "the additional property 'repetition_penalty' is BLIP's own");
        RefuseIf(options.PresencePenalty is not (null or 0), "PresencePenalty",
            "the additional property 'repetition_penalty' is BLIP's own");
        RefuseIf(options.ConversationId is not null, "ConversationId", "no conversation is kept; send its messages");
        RefuseIf(options.Reasoning is not null, "Reasoning", "BLIP does not reason in words");
        RefuseIf(options.AllowBackgroundResponses == true, "AllowBackgroundResponses", "a response is given while it is waited for");
        RefuseIf(options.ContinuationToken is not null, "ContinuationToken", "no response is left to go on with");
    }

    private static void RefuseIf(bool asked, string option, string reason)
    {
        if (asked)
            throw new NotSupportedException($"{option} cannot be followed: {reason}.");
    }
}
