using System.Text;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;

namespace Blip.Tests.Checkpoints;

public class GenerationDefaultsTests
{
    [Fact]
    public void The_config_of_2022_holds_them_in_its_text_config()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "seed", "config.json")));
        var expected = new GenerationDefaults
        {
            MaxLength = 20, MinLength = 0, DoSample = false, NumBeams = 1, NumReturnSequences = 1, EarlyStopping = "false",
            LengthPenalty = 1,
            Temperature = 1, TopK = 50, TopP = 1, TypicalP = 1, RepetitionPenalty = 1, NoRepeatNgramSize = 0,
        };
        Assert.Equal(expected, GenerationDefaults.Load(folder.Path));
    }

    [Fact]
    public void Their_own_file_goes_first()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"text_config": {"max_length": 20, "num_beams": 3}}""");
        folder.Write("generation_config.json", """{"max_length": 30}""");
        Assert.Equal(new GenerationDefaults { MaxLength = 30, NumBeams = 3 }, GenerationDefaults.Load(folder.Path));
    }

    [Fact]
    public void A_file_without_any_leaves_all_open() =>
        Assert.Equal(new GenerationDefaults(), GenerationDefaults.Load(Path.Combine(AppContext.BaseDirectory, "weights", "captioning")));

    [Fact]
    public void Fields_that_change_results_elsewhere_and_are_not_offered_are_told()
    {
        var asked = Read(
            """{"penalty_alpha": 0.6, "num_beam_groups": 4, "guidance_scale": 1.0, "encoder_repetition_penalty": 1.2, "diversity_penalty": 0.0, "token_healing": false, "constraints": null}""");
        var notice = Assert.Single(asked.Notices);
        Assert.Contains("penalty_alpha 0.6, num_beam_groups 4, encoder_repetition_penalty 1.2:", notice, StringComparison.Ordinal);
        Assert.Empty(Read(
            """{"penalty_alpha": null, "num_beam_groups": 1, "diversity_penalty": 0.0, "encoder_no_repeat_ngram_size": 0}""").Notices);
    }

    [Fact]
    public void Stop_strings_and_time_are_read()
    {
        Assert.Equal(["dog", "cat"], Read("""{"stop_strings": ["dog", "cat"]}""").StopStrings);
        Assert.Equal(["dog"], Read("""{"stop_strings": "dog"}""").StopStrings);
        Assert.Equal(1.5, Read("""{"max_time": 1.5}""").MaxTime);
    }

    [Fact]
    public void Temperature_0_beside_greedy_search_is_no_error_in_a_file()
    {
        GenerationOptions.From(Read("""{"temperature": 0, "do_sample": false}""")).Validate();
        GenerationOptions.From(Read("""{"temperature": 0.0}""")).Validate();
        var drawn = GenerationOptions.From(Read("""{"temperature": 0, "do_sample": true}"""));
        Assert.Contains("Temperature", Assert.Throws<ArgumentException>(drawn.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_field_is_read()
    {
        var read = Read("""
            {"max_length": 21, "max_new_tokens": 22, "min_length": 23, "min_new_tokens": 24, "do_sample": true, "num_beams": 5, "num_return_sequences": 2,
             "early_stopping": "never", "length_penalty": -1.5, "temperature": 0.7, "top_k": 0, "top_p": 0.9, "min_p": 0.05, "typical_p": 0.8, "top_h": 0.4,
             "epsilon_cutoff": 0.001, "eta_cutoff": 0.002, "repetition_penalty": 1.3, "no_repeat_ngram_size": 3, "bad_words_ids": [[1], [2, 3]],
             "suppress_tokens": [4, 5], "begin_suppress_tokens": [6], "sequence_bias": [[[7, 8], -2.5]], "forced_bos_token_id": 9,
             "forced_eos_token_id": [10, 11], "exponential_decay_length_penalty": [4, 1.5], "renormalize_logits": true}
            """);
        Assert.Equal((21, 22, 23, 24), (read.MaxLength, read.MaxNewTokens, read.MinLength, read.MinNewTokens));
        Assert.Equal((true, 5, 2, "never", -1.5),
            (read.DoSample, read.NumBeams, read.NumReturnSequences, read.EarlyStopping, read.LengthPenalty));
        Assert.Equal((0.7, 0, 0.9, 0.05, 0.8), (read.Temperature, read.TopK, read.TopP, read.MinP, read.TypicalP));
        Assert.Equal((0.001, 0.002, 1.3, 3), (read.EpsilonCutoff, read.EtaCutoff, read.RepetitionPenalty, read.NoRepeatNgramSize));
        Assert.Equal(0.4, read.TopH);
        Assert.Equal([[1], [2, 3]], read.BadWordsIds);
        Assert.Equal([4, 5], read.SuppressTokens);
        Assert.Equal([6], read.BeginSuppressTokens);
        var (tokens, bias) = Assert.Single(read.SequenceBias!);
        Assert.Equal([7, 8], tokens);
        Assert.Equal(-2.5, bias);
        Assert.Equal(9, read.ForcedBosTokenId);
        Assert.Equal([10, 11], read.ForcedEosTokenIds);
        Assert.Equal((4, 1.5), read.ExponentialDecayLengthPenalty);
        Assert.True(read.RenormalizeLogits);
    }

    [Theory]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("\"never\"", "never")]
    [InlineData("null", null)]
    public void Early_stopping_is_one_of_three(string json, string? value) =>
        Assert.Equal(value, Read($$"""{"early_stopping": {{json}}}""").EarlyStopping);

    [Theory]
    [InlineData("""{"early_stopping": "sometimes"}""", "early_stopping")]
    [InlineData("""{"max_length": "long"}""", "max_length")]
    [InlineData("""{"temperature": "hot"}""", "temperature")]
    [InlineData("""{"bad_words_ids": [1]}""", "bad_words_ids")]
    [InlineData("""{"suppress_tokens": [1.5]}""", "suppress_tokens")]
    [InlineData("""{"sequence_bias": [[[1]]]}""", "sequence_bias")]
    [InlineData("""{"sequence_bias": {"1": 2}}""", "sequence_bias")]
    [InlineData("""{"exponential_decay_length_penalty": [1]}""", "exponential_decay_length_penalty")]
    [InlineData("""{"exponential_decay_length_penalty": [1.5, 2]}""", "exponential_decay_length_penalty")]
    public void A_field_of_the_wrong_kind_is_refused_by_name(string json, string field)
    {
        var error = Assert.Throws<CheckpointException>(() => Read(json));
        Assert.StartsWith($"some/generation_config.json: {field} ", error.Message);
    }

    private static GenerationDefaults Read(string json) =>
        GenerationDefaults.Read(JsonFile.Parse(Encoding.UTF8.GetBytes(json), "some/generation_config.json"));
}
