using System.Text.Json;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Workloads;

/// <summary>How many words that name a shape look at it: their map's hottest patch is centred within the shape's radius.</summary>
/// <param name="Text">The texts: captions, matches, questions, answers.</param>
/// <param name="Method">The method.</param>
/// <param name="Layer">Grad-CAM's layer.</param>
/// <param name="Words">Words that name a shape; for answers, after a question that names one shape.</param>
/// <param name="Inside">Words that look at it.</param>
/// <param name="Chance">The expected number by chance.</param>
internal sealed record LookingShare(string Text, AttentionMethod Method, int? Layer, int Words, int Inside, double Chance)
{
    public double Share => (double)Inside / Words;

    /// <summary>Measures the demo checkpoints on the sample images.</summary>
    public static IEnumerable<LookingShare> Measure(string weights, string device)
    {
        var folder = Path.Combine(weights, "samples");
        var scenes = Scene.Read(Path.Combine(folder, "samples.json"));
        AttentionMethod[] written = [AttentionMethod.CrossAttention, AttentionMethod.Rollout];
        using (var captioner = Captioner.Load(Path.Combine(weights, "captioning"), new CaptionerOptions { Device = device }))
        {
            foreach (var method in written)
            {
                var options = new CaptionOptions { Attention = true, AttentionMethod = method };
                yield return Of("captions", method, null,
                    scenes.SelectMany(scene => scene.Named(captioner.Caption(scene.Image(folder), options).Attention)));
            }
        }
        using (var matcher = Matcher.Load(Path.Combine(weights, "retrieval"), new MatcherOptions { Device = device }))
        {
            foreach (var (method, layer) in Enumerable.Range(0, matcher.Config.Text.Layers)
                .Select(layer => (AttentionMethod.GradCam, (int?)layer)).Prepend((AttentionMethod.Rollout, null))
                .Prepend((AttentionMethod.CrossAttention, null)))
            {
                var options = new MatchOptions { Attention = true, AttentionMethod = method, AttentionLayer = layer };
                yield return Of("matches", method, layer,
                    scenes.SelectMany(scene => scene.Named(matcher.Match(scene.Image(folder), scene.Caption, options).Attention)));
            }
        }
        using var answerer = QuestionAnswerer.Load(Path.Combine(weights, "vqa"), new QuestionAnswererOptions { Device = device });
        foreach (var method in written)
        {
            var options = new AnswerOptions { Attention = true, AttentionMethod = method };
            var answers = scenes.SelectMany(scene =>
                answerer.Answer(scene.Image(folder), scene.Questions, options).Select(answer => (Scene: scene, Answer: answer))).ToList();
            yield return Of("questions", method, null, answers.SelectMany(one => one.Scene.Named(one.Answer.QuestionAttention)));
            yield return Of("answers", method, null, answers.SelectMany(one => one.Scene.About(one.Answer)));
        }
    }

    private static LookingShare Of(string text, AttentionMethod method, int? layer, IEnumerable<(Item Item, WordAttention Word)> named)
    {
        var all = named.ToList();
        return new LookingShare(
            text, method, layer, all.Count, all.Count(one => one.Item.Holds(one.Word)), all.Sum(one => one.Item.Chance(one.Word)));
    }

    /// <summary>A drawn shape; place and radius are shares of the image's side.</summary>
    private sealed record Item(string Shape, double X, double Y, double R)
    {
        public bool IsNamed(WordAttention word) => word.Word.TrimEnd('?', '.', ',') == Shape;

        public bool Holds(WordAttention word) => Holds(word, word.Values.Index().MaxBy(cell => cell.Item).Index);

        public double Chance(WordAttention word) =>
            Enumerable.Range(0, word.Values.Count).Count(cell => Holds(word, cell)) / (double)word.Values.Count;

        private bool Holds(WordAttention word, int cell) =>
            Math.Pow((((cell % word.Width) + 0.5) / word.Width) - X, 2)
                + Math.Pow((((cell / word.Width) + 0.5) / word.Height) - Y, 2) <= R * R;
    }

    /// <summary>A sample image and its known facts.</summary>
    private sealed record Scene(string File, string Caption, IReadOnlyList<Item> Items, IReadOnlyList<string> Questions)
    {
        public static List<Scene> Read(string path)
        {
            using var json = JsonDocument.Parse(System.IO.File.ReadAllBytes(path));
            return [.. json.RootElement.GetProperty("samples").EnumerateArray().Select(sample => new Scene(
                Text(sample, "file"), Text(sample, "caption"),
                [.. sample.GetProperty("items").EnumerateArray().Select(item => new Item(
                    Text(item, "shape"), item.GetProperty("x").GetDouble(), item.GetProperty("y").GetDouble(),
                        item.GetProperty("r").GetDouble()))],
                [.. sample.GetProperty("questions").EnumerateArray().Select(question => Text(question, "question")).Distinct()]))];

            static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
        }

        public string Image(string folder) => Path.Combine(folder, File);

        /// <summary>The words that name a shape of the scene. Of two equal shapes the first is named first, as in captions.</summary>
        public IEnumerable<(Item Item, WordAttention Word)> Named(IEnumerable<WordAttention> words)
        {
            var left = Items.ToList();
            foreach (var word in words)
            {
                var item = left.Find(one => one.IsNamed(word)) ?? Items.LastOrDefault(one => one.IsNamed(word));
                if (item is null)
                    continue;
                left.Remove(item);
                yield return (item, word);
            }
        }

        /// <summary>The words of an answer to a question that names one shape, if the scene has one such shape.</summary>
        public IEnumerable<(Item Item, WordAttention Word)> About(Answer answer) =>
            Items.Where(item => answer.QuestionAttention.Any(item.IsNamed)).ToList() is [var item]
                ? answer.Attention.Select(word => (item, word))
                : [];
    }
}
