using Blip.Runtime.Tokenization;
using CsCheck;

namespace Blip.Tests.Tokenization;

public class DecodeStreamTests
{
    [Fact]
    public void A_word_is_given_out_when_the_next_one_begins()
    {
        var tokenizer = TokenGoldens.Open("demo").Tokenizer;
        var stream = tokenizer.Stream();
        var row = tokenizer.Encode("a red circle, above", addSpecial: false).Prepend(106).Append(tokenizer.SeparatorId);
        var given = row.Select(stream.Append).ToArray();
        Assert.Equal(["", "", "a", " red", "", " circle,", ""], given);
        Assert.Equal(" above", stream.Finish());
        Assert.Equal("", stream.Finish());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void What_was_given_out_joined_is_the_decoded_row(bool cleanUp)
    {
        using var folder = new TemporaryFolder();
        string[] words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "n", "t", "s", "re", "m", "'", "n't", "'s", ".", ",", "!",
            "do", "##s", "##'", "not"];
        folder.Write("vocab.txt", string.Join('\n', words));
        folder.Write("tokenizer_config.json", $$"""{"clean_up_tokenization_spaces": {{(cleanUp ? "true" : "false")}}}""");
        var tokenizer = WordPieceTokenizer.Load(folder.Path);
        Gen.Int[0, words.Length].Array[0, 24].Sample(ids =>
        {
            var stream = tokenizer.Stream();
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(stream.Append)) + stream.Finish());
        });
    }
}
