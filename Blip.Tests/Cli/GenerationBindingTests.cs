using System.CommandLine;
using Blip.Cli;
using Blip.Cli.Options;
using Blip.Runtime.Generation;

namespace Blip.Tests.Cli;

public class GenerationBindingTests
{
    private static GenerationOptions Apply(string arguments, GenerationOptions? defaults = null) =>
        Apply(arguments, defaults ?? new(), out _);

    private static GenerationOptions Apply(string arguments, GenerationOptions defaults, out string[] withoutEffect)
    {
        var command = new Command("caption");
        var binding = new GenerationBinding(command);
        var parsed = command.Parse(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        if (parsed.Errors.Count > 0)
            throw new UsageException(parsed.Errors[0].Message);
        var options = binding.Apply(parsed, defaults);
        withoutEffect = [.. binding.WithoutEffect(parsed, options)];
        return options;
    }

    [Fact]
    public void No_option_leaves_the_models_own_settings()
    {
        var own = new GenerationOptions { NumBeams = 3, MaxNewTokens = 7, BadWordsIds = [[4]], EarlyStopping = EarlyStopping.True };
        Assert.Equal(own, Apply("", own));
    }

    public static TheoryData<string, GenerationOptions> Options => new()
    {
        { "--num-beams 4", new() { NumBeams = 4 } },
        { "--max-length 9", new() { MaxLength = 9 } },
        { "--max-new-tokens 5 --min-new-tokens 2", new() { MaxNewTokens = 5, MinNewTokens = 2 } },
        { "--min-length 3", new() { MinLength = 3 } },
        { "--num-beams 3 --num-return-sequences 2", new() { NumBeams = 3, NumReturnSequences = 2 } },
        { "--num-beams 2 --length-penalty -1.5", new() { NumBeams = 2, LengthPenalty = -1.5 } },
        { "--num-beams 2 --early-stopping true", new() { NumBeams = 2, EarlyStopping = EarlyStopping.True } },
        { "--num-beams 2 --early-stopping never", new() { NumBeams = 2, EarlyStopping = EarlyStopping.Never } },
        { "--do-sample --seed 18446744073709551615", new() { DoSample = true, Seed = ulong.MaxValue } },
        { "--sample --temperature 0.7 --top-k 10 --top-p 0.9", new() { DoSample = true, Temperature = 0.7, TopK = 10, TopP = 0.9 } },
        { "--sample --top-h 0.4", new() { DoSample = true, TopH = 0.4 } },
        { "--sample --typical-p 0.8 --min-p 0.05", new() { DoSample = true, TypicalP = 0.8, MinP = 0.05 } },
        { "--sample --epsilon-cutoff 3e-4 --eta-cutoff 0.001", new() { DoSample = true, EpsilonCutoff = 3e-4, EtaCutoff = 0.001 } },
        { "--repetition-penalty 1.2 --no-repeat-ngram-size 2", new() { RepetitionPenalty = 1.2, NoRepeatNgramSize = 2 } },
        { "--forced-eos-token-id 71 --renormalize-logits", new() { ForcedEosTokenId = 71, RenormalizeLogits = true } },
        { "--forced-bos-token-id 8", new() { ForcedBosTokenId = 8 } },
        { "--exponential-decay-length-penalty 4,1.4", new() { ExponentialDecayLengthPenalty = new(4, 1.4) } },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Every_option_reaches_its_field(string arguments, GenerationOptions expected) => Assert.Equal(expected, Apply(arguments));

    [Fact]
    public void Lists_of_tokens_reach_their_fields()
    {
        var options = Apply(
            "--bad-words-ids 34 --bad-words-ids 46,33 --suppress-tokens 48,34 --begin-suppress-tokens 7 --sequence-bias 48=-3 "
                + "--sequence-bias 34,46=2.5");
        Assert.Equal([[34], [46, 33]], options.BadWordsIds);
        Assert.Equal([48, 34], options.SuppressTokens);
        Assert.Equal([7], options.BeginSuppressTokens);
        Assert.Equal([(48, -3d), (46, 2.5)], options.SequenceBias.Select(bias => (bias.Tokens[^1], bias.Bias)));
    }

    [Fact]
    public void Every_field_has_an_option()
    {
        var command = new Command("caption");
        _ = new GenerationBinding(command);
        // A library user's arrays of numbers have no place among words.
        string[] notForWords =
            [nameof(GenerationOptions.OutputScores), nameof(GenerationOptions.OutputLogits), nameof(GenerationOptions.OutputAttentions)];
        var fields = typeof(GenerationOptions).GetProperties().Where(field => field.SetMethod is not null).Select(field => field.Name)
            .Except(notForWords);
        Assert.Equal(fields.Select(OptionNames.Of).Order(), command.Options.Select(option => option.Name).Order());
    }

    [Fact]
    public void A_maximum_on_the_command_line_goes_before_the_models_own() =>
        Assert.Equal(30, Apply("--max-length 30", new() { MaxNewTokens = 7 }).LengthLimit(promptTokens: 4));

    [Fact]
    public void A_flag_can_undo_what_the_model_asks_for() => Assert.False(Apply("--do-sample false", new() { DoSample = true }).DoSample);

    [Theory]
    [InlineData("--num-beams x", "--num-beams is 'x'; give a whole number.")]
    [InlineData("--num-beams 0", "--num-beams is 0: give 1 to 64.")]
    [InlineData("--temperature warm", "--temperature is 'warm'; give a number")]
    [InlineData("--top-p NaN", "--top-p is 'NaN'; give a number")]
    [InlineData("--top-p 1.5", "--top-p is 1.5: give")]
    [InlineData("--num-return-sequences 2", "set --num-beams or --do-sample")]
    [InlineData("--early-stopping maybe", "--early-stopping is 'maybe'; give true, false or never.")]
    [InlineData("--early-stopping 1", "--early-stopping is '1'; give true, false or never.")]
    [InlineData("--bad-words-ids 3,x", "--bad-words-ids is '3,x'; give token ids")]
    [InlineData("--sequence-bias 3", "--sequence-bias is '3'; give token ids and a number")]
    [InlineData("--exponential-decay-length-penalty 4", "--exponential-decay-length-penalty is '4'; give")]
    public void A_wrong_value_is_answered_with_the_options_name(string arguments, string message) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Apply(arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_without_effect_are_told()
    {
        Apply("--top-k 3 --length-penalty 2", new(), out var lines);
        Assert.Equal(["--top-k changes nothing without --do-sample", "--length-penalty changes nothing with one beam: give --num-beams"],
            lines);
        Apply("--sample --top-k 3", new(), out lines);
        Assert.Empty(lines);
    }
}
