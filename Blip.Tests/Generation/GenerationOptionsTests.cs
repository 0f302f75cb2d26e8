using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

public class GenerationOptionsTests
{
    private static readonly GenerationOptions Plain = new();

    public static TheoryData<string, GenerationOptions> Wrong => new()
    {
        { "MaxLength", Plain with { MaxLength = 0 } },
        { "MaxLength", Plain with { MaxLength = 65 } },
        { "MinLength", Plain with { MinLength = -1 } },
        { "MinLength", Plain with { MinLength = 21 } },
        { "MaxNewTokens", Plain with { MaxNewTokens = 0 } },
        { "MaxNewTokens", Plain with { MaxNewTokens = 64 } },
        { "MinNewTokens", Plain with { MinNewTokens = -1 } },
        { "MinNewTokens", Plain with { MinNewTokens = 6, MaxNewTokens = 5 } },
        { "NumBeams", Plain with { NumBeams = 0 } },
        { "NumBeams", Plain with { NumBeams = 65 } },
        { "NumReturnSequences", Plain with { NumReturnSequences = 2 } },
        { "NumReturnSequences", Plain with { NumBeams = 2, NumReturnSequences = 3 } },
        { "EarlyStopping", Plain with { EarlyStopping = (EarlyStopping)7 } },
        { "LengthPenalty", Plain with { LengthPenalty = double.NaN } },
        { "Temperature", Plain with { Temperature = 0 } },
        { "TopK", Plain with { TopK = -1 } },
        { "TopP", Plain with { TopP = 1.5 } },
        { "TypicalP", Plain with { TypicalP = 0 } },
        { "MinP", Plain with { MinP = -0.1 } },
        { "EpsilonCutoff", Plain with { EpsilonCutoff = 1 } },
        { "TopH", Plain with { TopH = 0 } },
        { "EtaCutoff", Plain with { EtaCutoff = double.NaN } },
        { "RepetitionPenalty", Plain with { RepetitionPenalty = 0 } },
        { "NoRepeatNgramSize", Plain with { NoRepeatNgramSize = -2 } },
        { "BadWordsIds", Plain with { BadWordsIds = [[]] } },
        { "BadWordsIds", Plain with { BadWordsIds = [[1, 99]] } },
        { "SuppressTokens", Plain with { SuppressTokens = [-1] } },
        { "SuppressTokens", Plain with { SuppressTokens = [.. Enumerable.Range(0, 30)] } },
        { "BeginSuppressTokens", Plain with { BeginSuppressTokens = [30] } },
        { "SequenceBias", Plain with { SequenceBias = [new([2], double.PositiveInfinity)] } },
        { "SequenceBias", Plain with { SequenceBias = [new([31], 1)] } },
        { "ForcedBosTokenId", Plain with { ForcedBosTokenId = 30 } },
        { "ForcedEosTokenId", Plain with { ForcedEosTokenId = -4 } },
        { "ExponentialDecayLengthPenalty", Plain with { ExponentialDecayLengthPenalty = new(-1, 1.1) } },
        { "ExponentialDecayLengthPenalty", Plain with { ExponentialDecayLengthPenalty = new(1, 0) } },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void An_option_out_of_range_is_refused_by_its_name(string option, GenerationOptions options)
    {
        var error = Assert.Throws<ArgumentException>(() => options.Validate(30, 64, new SpecialTokens(1, 3, 0)));
        Assert.StartsWith(option + " is ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_defaults_are_fine() => Plain.Validate(30, 64, new SpecialTokens(1, 3, 0));

    [Fact]
    public void A_models_defaults_are_taken_over_and_the_rest_stays()
    {
        var options = GenerationOptions.From(
            new GenerationDefaults { NumBeams = 3, EarlyStopping = "never", MinLength = 5, ForcedEosTokenIds = [7] });
        Assert.Equal((3, EarlyStopping.Never, 5, 7, 20),
            (options.NumBeams, options.EarlyStopping, options.MinLength, options.ForcedEosTokenId, options.MaxLength));
    }
}
