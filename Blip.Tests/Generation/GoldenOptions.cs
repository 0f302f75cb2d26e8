using System.Text.Json;
using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

/// <summary>Options as the reference names them. A name that is not known is a failure, not an option that goes untested.</summary>
internal static class GoldenOptions
{
    public static GenerationOptions Read(JsonElement json)
    {
        var options = new GenerationOptions();
        foreach (var option in json.EnumerateObject())
        {
            var value = option.Value;
            options = option.Name switch
            {
                "max_length" => options with { MaxLength = value.GetInt32() },
                "min_length" => options with { MinLength = value.GetInt32() },
                "max_new_tokens" => options with { MaxNewTokens = value.GetInt32() },
                "min_new_tokens" => options with { MinNewTokens = value.GetInt32() },
                "num_beams" => options with { NumBeams = value.GetInt32() },
                "num_return_sequences" => options with { NumReturnSequences = value.GetInt32() },
                "early_stopping" => options with
                {
                    EarlyStopping = value.ValueKind switch
                    {
                        JsonValueKind.True => EarlyStopping.True,
                        JsonValueKind.False => EarlyStopping.False,
                        _ => EarlyStopping.Never
                    },
                },
                "length_penalty" => options with { LengthPenalty = value.GetDouble() },
                "temperature" => options with { Temperature = value.GetDouble() },
                "top_k" => options with { TopK = value.GetInt32() },
                "top_p" => options with { TopP = value.GetDouble() },
                "min_p" => options with { MinP = value.GetDouble() },
                "typical_p" => options with { TypicalP = value.GetDouble() },
                "epsilon_cutoff" => options with { EpsilonCutoff = value.GetDouble() },
                "top_h" => options with { TopH = value.GetDouble() },
                "eta_cutoff" => options with { EtaCutoff = value.GetDouble() },
                "repetition_penalty" => options with { RepetitionPenalty = value.GetDouble() },
                "no_repeat_ngram_size" => options with { NoRepeatNgramSize = value.GetInt32() },
                "bad_words_ids" => options with { BadWordsIds = [.. value.EnumerateArray().Select(Tokens)] },
                "suppress_tokens" => options with { SuppressTokens = Tokens(value) },
                "begin_suppress_tokens" => options with { BeginSuppressTokens = Tokens(value) },
                "sequence_bias" => options with
                {
                    SequenceBias = [.. value.EnumerateArray().Select(pair => new SequenceBias(Tokens(pair[0]), pair[1].GetDouble()))],
                },
                "forced_eos_token_id" => options with { ForcedEosTokenId = value.GetInt32() },
                "exponential_decay_length_penalty" => options with
                {
                    ExponentialDecayLengthPenalty = new ExponentialDecay(value[0].GetInt32(), value[1].GetDouble()),
                },
                "renormalize_logits" => options with { RenormalizeLogits = value.GetBoolean() },
                _ => throw new InvalidDataException($"the golden has an option '{option.Name}' that the test does not know"),
            };
        }
        return options;
    }

    public static int[] Tokens(JsonElement row) => [.. row.EnumerateArray().Select(token => token.GetInt32())];
}
