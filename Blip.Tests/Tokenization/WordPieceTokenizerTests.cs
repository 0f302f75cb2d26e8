using System.Diagnostics;
using Blip.Runtime.Tokenization;
using CsCheck;

namespace Blip.Tests.Tokenization;

public class WordPieceTokenizerTests
{
    public static TheoryData<string> Vocabularies => ["demo", "bert-base-uncased"];

    [Theory, MemberData(nameof(Vocabularies))]
    public void Every_text_becomes_the_ids_of_the_reference(string name)
    {
        var goldens = TokenGoldens.Open(name);
        Assert.Equal(205, goldens.Answers.Cases.Length);
        Assert.Equal(goldens.Answers.VocabSize, goldens.Tokenizer.VocabularySize);
        foreach (var golden in goldens.Answers.Cases)
        {
            Assert.Equal(Row(golden.Text, golden.Ids), Row(golden.Text, goldens.Tokenizer.Encode(golden.Text)));
            Assert.Equal(Row(golden.Text, golden.Plain), Row(golden.Text, goldens.Tokenizer.Encode(golden.Text, addSpecial: false)));
        }
    }

    [Theory]
    [InlineData("[SEP]"), InlineData("[SEP] a "), InlineData("[MASK]["), InlineData("a"), InlineData("a "), InlineData("[["),
        InlineData("##a")]
    public void Time_is_linear_in_the_text(string unit)
    {
        var tokenizer = TokenGoldens.Open("demo").Tokenizer;
        var start = Stopwatch.GetTimestamp();
        tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length)));

        // Quadratic work takes minutes; the bound leaves room for a busy machine.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 20);
    }

    [Theory, MemberData(nameof(Vocabularies))]
    public void A_text_is_cut_where_the_reference_cuts_it(string name)
    {
        var goldens = TokenGoldens.Open(name);
        Assert.Equal(24, goldens.Answers.Truncation.Length);
        foreach (var golden in goldens.Answers.Truncation)
            Assert.Equal(Row(golden.Text, golden.Ids),
                Row(golden.Text, goldens.Tokenizer.Encode(golden.Text, maxLength: golden.MaxLength)));
    }

    [Theory, MemberData(nameof(Vocabularies))]
    public void Every_row_of_a_padded_batch_is_its_text_alone(string name)
    {
        var goldens = TokenGoldens.Open(name);
        var padded = goldens.Answers.Padded;
        foreach (var (text, ids, mask) in padded.Texts.Zip(padded.InputIds, padded.AttentionMask))
        {
            var alone = goldens.Tokenizer.Encode(text);
            Assert.Equal(Row(text, [.. ids.Where((_, i) => mask[i] != 0)]), Row(text, alone));
            Assert.All(ids[alone.Length..], id => Assert.Equal(goldens.Tokenizer.PaddingId, id));
        }
    }

    [Theory, MemberData(nameof(Vocabularies))]
    public void Every_row_becomes_the_text_of_the_reference(string name)
    {
        var goldens = TokenGoldens.Open(name);
        Assert.Equal(60, goldens.Answers.Decode.Length);
        foreach (var golden in goldens.Answers.Decode)
        {
            Assert.Equal(golden.Skip, goldens.Tokenizer.Decode(golden.Ids));
            Assert.Equal(golden.Keep, goldens.Tokenizer.Decode(golden.Ids, skipSpecial: false));
            Assert.Equal(golden.SkipNoCleanup, goldens.Tokenizer.Decode(golden.Ids, cleanUp: false));
            Assert.Equal(golden.SkipCleanup, goldens.Tokenizer.Decode(golden.Ids, cleanUp: true));
        }
    }

    [Fact]
    public void Ids_outside_of_the_vocabulary_decode_to_nothing()
    {
        var tokenizer = TokenGoldens.Open("demo").Tokenizer;
        Assert.Equal("a circle", tokenizer.Decode([106, 107, .. tokenizer.Encode("a circle"), -1, int.MaxValue]));
        Assert.Equal("a circle", tokenizer.Decode([106, .. tokenizer.Encode("a circle", addSpecial: false)], skipSpecial: false));
    }

    [Fact]
    public void Ids_of_the_configs_take_the_place_of_the_vocabularys_own()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Goldens", "tokens", "demo.vocab.txt");
        var tokenizer = WordPieceTokenizer.Load(path, new SpecialTokenIds(Class: 106, Separator: 7, Padding: 5));
        Assert.Equal([106, 8, 7], tokenizer.Encode("a"));
        Assert.Equal("a", tokenizer.Decode([106, 8, 7, 5]));
        Assert.Equal(5, tokenizer.PaddingId);
    }

    [Fact]
    public void Any_text_is_encoded_within_the_vocabulary_and_to_the_asked_length()
    {
        var tokenizer = TokenGoldens.Open("demo").Tokenizer;
        Gen.Select(Gen.String, Gen.Int[2, 12]).Sample((text, length) =>
        {
            var ids = tokenizer.Encode(text, maxLength: length);
            Assert.InRange(ids.Length, 2, length);
            Assert.Equal((tokenizer.ClassId, tokenizer.SeparatorId), (ids[0], ids[^1]));
            Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
        });
    }

    [Fact]
    public void A_length_without_room_for_the_special_tokens_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TokenGoldens.Open("demo").Tokenizer.Encode("a", maxLength: 1));

    // So that a failure shows the text it is about.
    private static string Row(string text, int[] ids) => $"{text} -> {string.Join(' ', ids)}";
}
