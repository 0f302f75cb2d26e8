using System.Text.Json;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Tests.Kernels;

namespace Blip.Tests.Generation;

/// <summary>Every logits rule of the reference on its own, and a chain of them.</summary>
public class RulesGoldenTests
{
    private const int Rows = 3, Vocabulary = 53, Length = 9;

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Every_rule_gives_the_references_scores(string id)
    {
        using var device = Variants.Open(id);
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenModel.Folder("rules"), "rules.json")));
        using var tensors = new SafetensorsFile(Path.Combine(GoldenModel.Folder("rules"), "rules.safetensors"));
        var history = document.RootElement.GetProperty("input_ids").EnumerateArray().SelectMany(GoldenOptions.Tokens).ToArray();
        var specials = new SpecialTokens(0, document.RootElement.GetProperty("eos_token_id").GetInt32(), 0);
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(24, cases.Count);
        foreach (var test in cases)
        {
            var name = test.GetProperty("name").GetString()!;
            var json = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(test.GetProperty("options"))!;
            var prompt = json.Remove("prompt_length", out var tokens) ? tokens.GetInt32() : 1;
            // The reference's rules have no top-k unless they are asked for it.
            json.TryAdd("top_k", JsonSerializer.SerializeToElement(0));
            var options = GoldenOptions.Read(JsonSerializer.SerializeToElement(json));

            using var run = new RuleRun(device, Read(tensors, "scores"), Vocabulary, history, Length, prompt, options, specials);
            var actual = run.Apply();
            var expected = Read(tensors, name);
            for (var i = 0; i < expected.Length; i++)
            {
                Assert.True(expected[i] == actual[i] || Math.Abs(expected[i] - actual[i]) <= 1e-6 * Math.Max(1, Math.Abs(expected[i])),
                    $"{name}: score {i} is {actual[i]}, not {expected[i]}");
            }
        }
    }

    private static float[] Read(SafetensorsFile tensors, string name)
    {
        var values = new float[Rows * Vocabulary];
        tensors.Read(name, 0, values);
        return values;
    }
}
