using System.Text.Json;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;

namespace Blip.Tests.Tokenization;

public class VocabularyTests
{
    private const string Special = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

    [Fact]
    public void A_tokenizer_json_says_the_same_as_the_words_in_lines()
    {
        using var folder = new TemporaryFolder();
        var goldens = TokenGoldens.Open("demo");
        var words = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Goldens", "tokens", "demo.vocab.txt"));
        folder.Write("tokenizer.json", JsonSerializer.Serialize(new
        {
            added_tokens = new object[] { new { id = 2, content = "[CLS]", special = true },
                new { id = words.Length, content = "[DEC]", special = true } },
            normalizer = new
            {
                type = "BertNormalizer", clean_text = true, handle_chinese_chars = true, strip_accents = (bool?)null,
                lowercase = true
            },
            model = new
            {
                type = "WordPiece", unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100,
                vocab = words.Select((word, id) => (word, id)).ToDictionary(pair => pair.word, pair => pair.id)
            },
        }));
        var tokenizer = WordPieceTokenizer.Load(folder.Path);
        foreach (var golden in goldens.Answers.Cases.Where(golden => !golden.Text.Contains("[DEC]", StringComparison.Ordinal)))
            Assert.Equal(golden.Ids, tokenizer.Encode(golden.Text));
        // An added word is one token, hidden in the decoded text.
        Assert.Equal([2, words.Length, 8, 3], tokenizer.Encode("[DEC]a"));
        Assert.Equal("a", tokenizer.Decode([words.Length, 8]));
        Assert.Equal("[DEC] a", tokenizer.Decode([words.Length, 8], skipSpecial: false));
    }

    [Fact]
    public void The_settings_of_the_folder_are_obeyed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("vocab.txt", Special + "É\ne\nİ\ni\u0307\n中文\n<unknown>\n[START]");
        folder.Write("tokenizer_config.json",
            """{"do_lower_case": false, "tokenize_chinese_chars": false, "unk_token": {"content": "<unknown>"}, "cls_token": "[START]"}""");
        Assert.Equal([11, 5, 7, 9, 10, 3], WordPieceTokenizer.Load(folder.Path).Encode("É İ 中文 x"));

        folder.Write("tokenizer_config.json", """{"strip_accents": false}""");
        Assert.Equal([8, 1, 1, 1], WordPieceTokenizer.Load(folder.Path).Encode("İ É 中文", addSpecial: false));

        folder.Write("tokenizer_config.json", """{"do_lower_case": false, "strip_accents": true}""");
        Assert.Equal([6, 1], WordPieceTokenizer.Load(folder.Path).Encode("é É", addSpecial: false));
    }

    [Fact]
    public void Lines_may_end_as_Windows_ends_them_and_a_byte_order_mark_is_no_word()
    {
        using var folder = new TemporaryFolder();
        folder.Write("vocab.txt", "\ufeff" + (Special + "a\nb\n").Replace("\n", "\r\n", StringComparison.Ordinal));
        var tokenizer = WordPieceTokenizer.Load(Path.Combine(folder.Path, "vocab.txt"));
        Assert.Equal(7, tokenizer.VocabularySize);
        Assert.Equal([2, 5, 6, 3], tokenizer.Encode("A b"));
    }

    [Theory]
    [InlineData("vocab.txt", "", "empty")]
    [InlineData("vocab.txt", Special + "a\nb\na\n", "'a' stands there twice, as id 5 and as id 7")]
    [InlineData("vocab.txt", Special + "a\n\nb\n", "id 6 (line 7) is empty")]
    [InlineData("vocab.txt", "a\nb\n", "[UNK] is missing")]
    [InlineData("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\rb\n", "the word of id 4 holds a line end")]
    [InlineData("vocab.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer")]
    [InlineData("vocab.txt", "<!DOCTYPE html>\n<html>\n", "web page")]
    [InlineData("tokenizer.json", "<html>", "web page")]
    [InlineData("tokenizer.json", "{\"model\": {\"vocab\": {\"a\\nb\": 0}}}", "holds a line end")]
    [InlineData("tokenizer.json", "{\"model\": {\"max_input_chars_per_word\": 2000000000, \"vocab\": {}}}", "max_input_chars_per_word")]
    [InlineData("tokenizer.json", "", "cannot be read")]
    [InlineData("tokenizer.json", "[1]", "JSON object")]
    [InlineData("tokenizer.json", "{\"model\": 3}", "model.vocab")]
    [InlineData("tokenizer.json", "{\"model\": {\"type\": \"BPE\", \"vocab\": {}}}", "of type BPE")]
    [InlineData("tokenizer.json", "{\"model\": {\"vocab\": {}}}", "empty")]
    [InlineData("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 0}}}", "'b' has the id 0")]
    [InlineData("tokenizer.json", "{\"model\": {\"vocab\": {\"a\": 1.5}}}", "'a' has the id 1.5")]
    [InlineData("tokenizer.json", "{\"normalizer\": {\"type\": \"Lowercase\"}, \"model\": {\"vocab\": {}}}", "only BertNormalizer")]
    [InlineData("tokenizer.json", "{\"model\": {\"vocab\": {}, \"continuing_subword_prefix\": \"@@\"}}", "'@@'")]
    public void What_is_no_vocabulary_is_refused_by_name(string file, string content, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write(file, content);
        var error = Assert.Throws<TokenizerException>(() => WordPieceTokenizer.Load(folder.Path));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_with_more_or_fewer_words_than_the_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        var words = File.ReadAllLines(Repository.Absolute("weights/captioning/vocab.txt"));
        foreach (var (count, right) in new[] { (105, false), (106, true), (108, true), (109, false) })
        {
            var lines = words.Concat(["more1", "more2", "more3"]).Take(count).ToList();
            var text = folder.Write("vocab.txt", string.Join('\n', lines) + "\n");
            var listed = string.Join(',', lines.Select((word, id) => $"{System.Text.Json.JsonSerializer.Serialize(word)}:{id}"));
            var json = folder.Write("tokenizer.json", "{\"model\": {\"vocab\": {" + listed + "}}}");
            foreach (var file in new[] { text, json })
            {
                var load = () => ModelVocabulary.Load(
                    file, new TextConfig { VocabularySize = 108, BosTokenId = 106, SepTokenId = 3 }, "m", isMadeUp: false);
                if (right)
                    Assert.Equal(count, load().VocabularySize);
                else
                    Assert.Contains($"{count} words are {(count > 108 ? "more" : "fewer")} than the 108",
                        Assert.Throws<TokenizerException>(load).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Words_that_the_vocabulary_lacks_are_listed_once()
    {
        var tokenizer = WordPieceTokenizer.Load(Repository.Absolute("weights/captioning/vocab.txt"));

        Assert.Equal(["\U0001F600", "\u0436"],
            tokenizer.UnknownWords("a small \U0001F600 \u0436 \U0001F600 dog".Replace(" dog", "", StringComparison.Ordinal)));
        Assert.Empty(tokenizer.UnknownWords("a small ring [SEP]"));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "vocab.txt"), [0x61, 0x0A, 0xFF, 0xFE, 0xC3]);
        Assert.Contains("not text in UTF-8", Assert.Throws<TokenizerException>(() => WordPieceTokenizer.Load(folder.Path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_that_is_not_there_is_refused_with_the_names_to_look_for()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("neither vocab.txt nor tokenizer.json",
            Assert.Throws<TokenizerException>(() => WordPieceTokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        var missing = Path.Combine(folder.Path, "words.txt");
        Assert.Contains(missing, Assert.Throws<TokenizerException>(() => WordPieceTokenizer.Load(missing)).Message,
            StringComparison.Ordinal);
    }
}
