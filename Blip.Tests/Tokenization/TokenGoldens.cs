using System.Text.Json;
using Blip.Runtime.Tokenization;

namespace Blip.Tests.Tokenization;

/// <summary>The reference tokenizer's answers, and its vocabulary.</summary>
public sealed class TokenGoldens
{
    private static readonly JsonSerializerOptions Snake = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private static readonly Lazy<TokenGoldens> DemoGoldens =
        new(() => new TokenGoldens(Path.Combine(AppContext.BaseDirectory, "Goldens", "tokens"), "demo"));

    private TokenGoldens(string folder, string name)
    {
        Answers = JsonSerializer.Deserialize<AnswerFile>(File.ReadAllText(Path.Combine(folder, name + ".json")), Snake)!;
        Tokenizer = WordPieceTokenizer.Load(Path.Combine(folder, name + ".vocab.txt"));
    }

    public AnswerFile Answers { get; }

    internal WordPieceTokenizer Tokenizer { get; }

    /// <summary>The goldens of "demo", or of "bert-base-uncased" where its files are.</summary>
    /// <remarks>
    /// bert-base-uncased's words are a third party's data and do not travel with the tests. They are looked for in the folder that
    /// BLIP_BERT_VOCAB names (with <c>bert-base-uncased.vocab.txt</c> and <c>bert-base-uncased.json</c>), then in
    /// <c>shared/goldens/tokens</c> beside the checkout.
    /// </remarks>
    public static TokenGoldens Open(string name)
    {
        if (name == "demo")
            return DemoGoldens.Value;
        var folder = TestSwitches.Read(TestSwitches.BertVocabulary) ?? Beside();
        if (folder is null || !File.Exists(Path.Combine(folder, name + ".vocab.txt")))
            Assert.Skip($"no {name}.vocab.txt and {name}.json: BLIP_BERT_VOCAB names no folder that holds them");
        return new TokenGoldens(folder, name);
    }

    private static string? Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var tokens = Path.Combine(folder.FullName, "shared", "goldens", "tokens");
            if (Directory.Exists(tokens))
                return tokens;
        }
        return null;
    }

    public sealed record AnswerFile(int VocabSize, Encoded[] Cases, Encoded[] Truncation, Batch Padded, Decoded[] Decode);

    public sealed record Encoded(string Text, int[] Ids, int[] Plain, int MaxLength);

    public sealed record Batch(string[] Texts, int[][] InputIds, int[][] AttentionMask);

    public sealed record Decoded(int[] Ids, string Skip, string Keep, string SkipNoCleanup, string SkipCleanup);
}
