using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>
/// Answers to questions: the reference's, by every way of generation and out of a list, and a question's answer in any company.
/// </summary>
public class AnsweringModelTests(OpenDevices devices) : IClassFixture<OpenDevices>
{
    public static TheoryData<string, string> TinyOnDevices => ModelGoldens.OnDevices("tiny-square", "tiny-head64");

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void A_tiny_model_answers_as_the_reference(string name, string deviceId)
    {
        using var run = new GoldenRun(name, devices.Get(deviceId));
        CheckAnswers(run);
    }

    /// <summary>Everything that the golden says but for the rankings.</summary>
    internal static void CheckAnswers(GoldenRun run)
    {
        run.Encode();
        // Both references attend the padding behind a shorter question.
        var padded = run.Cases.Where(test => !Name(test).StartsWith("single-", StringComparison.Ordinal)).ToList();
        Assert.Equal(["greedy", "beam-3", "greedy-min-length"], padded.Select(Name));
        run.Model.Ask(run.Images, run.Questions, attendPadding: true);
        padded.ForEach(test => run.Check(test, run.Generate(test)));
        run.CheckLogitsAndLoss();

        // A batch gives what each question gives alone.
        var singles = run.Cases.Except(padded).ToList();
        Assert.Equal(run.Questions.Length, singles.Count);
        run.Model.Ask(run.Images, run.Questions);
        var together = run.Generate(singles[0]);
        for (var i = 0; i < singles.Count; i++)
        {
            run.Model.Ask(run.Images, run.Questions);
            run.Check(singles[i], [together[i]]);
            run.Model.Ask(run.Images, [run.Questions[i]], [i]);
            var alone = run.Generate(singles[i]);
            run.Check(singles[i], alone);
            Assert.Equal(alone[0].Score, together[i].Score);
        }
        Assert.Empty(run.Golden.Names.Except(["greedy.logits", "answer.loss"]));
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_full_size_model_answers_as_the_reference(string deviceId)
    {
        FullRun.Only();
        using var run = new GoldenRun("base", devices.Get(deviceId));
        run.Images = ModelGoldens.EncodeSynthetic(run.Model, images: 1);
        run.Model.Ask(run.Images, run.Questions);
        Assert.Equal(3, run.Cases.Count);
        run.Cases.ForEach(test => run.Check(test, run.Generate(test)));
        run.CheckLogitsAndLoss();
    }

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void Answers_of_a_list_are_ranked_as_the_original_ranks_them(string name, string deviceId)
    {
        using var run = new GoldenRun(name, devices.Get(deviceId));
        run.Encode();
        foreach (var attendPadding in (bool[])[false, true])
        {
            // Ranking masks the padding in any case.
            run.Model.Ask(run.Images, run.Questions, attendPadding: attendPadding);
            run.Ranks.ForEach(run.CheckRank);
        }
        // More answers than one run takes, and more candidates than there are answers: the same numbers.
        var few = GoldenAnswers(run)[..3];
        var many = Enumerable.Repeat(few, 40).SelectMany(answers => answers).ToList();
        var (one, all) = (run.Model.Rank(few, 100), run.Model.Rank(many, 100));
        for (var question = 0; question < one.Count; question++)
        {
            Assert.Equal(3, one[question].Count);
            Assert.Equal(100, all[question].Count);
            Assert.Equal(one[question][0] with { Answer = 0 }, all[question][0] with { Answer = 0 });
        }
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void The_demo_images_have_the_references_answers(string deviceId)
    {
        var device = devices.Get(deviceId);
        using var demo = new DemoImages("vqa");
        using var model = AnsweringModel.Load(demo.Source, device);
        using var generator = new Generator(device);
        var answers = demo.Answers.ToList();
        var images = demo.Encode(model, [.. answers.Select(answer => answer.GetProperty("file").GetString()!).Distinct()], out var imageOf);
        var questions = answers.Select(answer => demo.Tokenizer.Encode(answer.GetProperty("question").GetString()!)).ToList();
        model.Ask(images, questions, [.. answers.Select(answer => imageOf[answer.GetProperty("file").GetString()!])]);

        var text = model.Config.Text;
        var (specials, prompts) = (
            new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId), answers.Select(_ => new[] { text.BosTokenId }).ToList());
        var options = new GenerationOptions { MaxLength = demo.Root.GetProperty("max_length").GetInt32() };
        var (greedy, beams) = (Generate(options), Generate(options with { NumBeams = 3 }));
        var right = 0;
        for (var i = 0; i < answers.Count; i++)
        {
            Assert.True(answers[i].GetProperty("fp32_agrees").GetBoolean());
            Assert.Equal(GoldenTokens(answers[i].GetProperty("tokens")), greedy[i]);
            Assert.Equal(answers[i].GetProperty("answer").GetString(), demo.Tokenizer.Decode(greedy[i]));
            Assert.Equal(answers[i].GetProperty("beam_3").GetString(), demo.Tokenizer.Decode(beams[i]));
            right += demo.Tokenizer.Decode(greedy[i]) == answers[i].GetProperty("truth").GetString() ? 1 : 0;
        }
        Assert.Equal(demo.Root.GetProperty("right").GetInt32(), right);

        int[][] Generate(GenerationOptions how) =>
            [.. generator.Generate(model, prompts, specials, how).Select(sequences => sequences[0].Tokens)];
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_question_has_the_bits_that_it_has_alone(string deviceId)
    {
        using var run = new GoldenRun("tiny-head64", devices.Get(deviceId));
        run.Encode();
        GenerationOptions[] ways = [new() { MaxLength = 14 }, new() { MaxLength = 14, NumBeams = 3, NumReturnSequences = 2 },
            new() { MaxLength = 14, DoSample = true, Seed = 7, TopP = 0.9 }];
        int[] order = [2, 0, 1, 2, 1];
        var together = ways.Select(way => Said(order, way)).ToList();
        for (var i = 0; i < order.Length; i++)
            Assert.All(ways.Zip(together), way => Assert.Equal(Said([order[i]], way.First)[0], way.Second[i]));

        string[] Said(int[] questions, GenerationOptions options)
        {
            run.Model.Ask(run.Images, [.. questions.Select(question => run.Questions[question])], questions);
            return [.. run.Generate(questions.Length, options).Select(sequences =>
                string.Join(", ", sequences.Select(
                    sequence => $"{string.Join(' ', sequence.Tokens)} {BitConverter.DoubleToInt64Bits(sequence.Score):X}")))];
        }
    }

    [Fact]
    public void Every_set_of_passes_gives_the_same_bits()
    {
        string? first = null;
        foreach (var passes in GraphPasses.Subsets())
        {
            using var run = new GoldenRun("tiny-square", devices.Get("cpu"), new ModelOptions { Passes = passes });
            run.Encode();
            run.Model.Ask(run.Images, run.Questions);
            var result = string.Join(", ",
                run.Generate(3, new GenerationOptions { NumBeams = 2, MaxLength = 9 })
                .Select(sequences => $"{BitConverter.DoubleToInt64Bits(sequences[0].Score):X}"))
                + string.Join(", ", run.Model.Rank(GoldenAnswers(run), 4).SelectMany(ranked => ranked));
            first ??= result;
            Assert.True(first == result, $"passes {passes} change the result");
        }
    }

    [Theory, InlineData(Precision.Fp16), InlineData(Precision.Bf16), InlineData(Precision.Int8), InlineData(Precision.W8A8)]
    public void Any_precision_answers_the_demo_questions(Precision precision)
    {
        var device = devices.Get("cpu");
        using var demo = new DemoImages("vqa");
        using var model = AnsweringModel.Load(demo.Source, device, new ModelOptions { Precision = precision });
        using var generator = new Generator(device);
        var (answers, text) = (demo.Answers.ToList(), model.Config.Text);
        var images = demo.Encode(model, [.. answers.Select(answer => answer.GetProperty("file").GetString()!).Distinct()], out var imageOf);
        model.Ask(
            images, [.. answers.Select(answer => demo.Tokenizer.Encode(answer.GetProperty("question").GetString()!))],
            [.. answers.Select(answer => imageOf[answer.GetProperty("file").GetString()!])]);
        var said = generator.Generate(
            model, [.. answers.Select(_ => new[] { text.BosTokenId })],
                new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId), new GenerationOptions
                {
                    MaxLength = 8,
                },
            cancellationToken: TestContext.Current.CancellationToken);
        // One of them may be a near tie.
        Assert.InRange(answers.Zip(said).Count(pair => GoldenTokens(pair.First.GetProperty("tokens")).SequenceEqual(pair.Second[0].Tokens)),
            answers.Count - 1, answers.Count);
    }

    [Fact]
    public void Padding_that_is_attended_changes_the_answer()
    {
        using var run = new GoldenRun("tiny-square", devices.Get("cpu"));
        run.Encode();
        run.Model.Ask(run.Images, run.Questions);
        var masked = run.Generate(run.Questions.Length, new GenerationOptions());
        run.Model.Ask(run.Images, run.Questions, attendPadding: true);
        var attended = run.Generate(run.Questions.Length, new GenerationOptions());
        Assert.Equal(masked[0][0].Tokens, attended[0][0].Tokens);
        Assert.NotEqual(masked[1][0].Tokens, attended[1][0].Tokens);
        Assert.NotEqual(masked[2][0].Tokens, attended[2][0].Tokens);
    }

    [Fact]
    public void What_was_looked_at_is_a_distribution()
    {
        using var run = new GoldenRun("tiny-square", devices.Get("cpu"));
        run.Encode();
        run.Model.Ask(run.Images, run.Questions);
        var (text, question) = (run.Model.Config.Text, run.Questions[1]);
        var image = run.Model.ImageAttention(1);
        Assert.Equal((text.Layers, text.Heads, question.Length, run.Model.Config.Vision.Tokens),
            (image.Layers, image.Heads, image.Tokens, image.ImageTokens));
        Assert.All(image.Probabilities.Chunk(image.ImageTokens), row => Assert.Equal(1, row.Sum(), 5));
        var answer = run.Model.AnswerAttention(1, [run.Specials.Start, 5, 6]);
        Assert.Equal((text.Layers, text.Heads, 3, run.Questions.Max(row => row.Length)),
            (answer.Layers, answer.Heads, answer.Tokens, answer.ImageTokens));
        Assert.All(answer.Probabilities.Chunk(answer.ImageTokens), row =>
        {
            Assert.Equal(1, row.Sum(), 5);
            Assert.All(row[question.Length..], padding => Assert.Equal(0, padding));
        });
        run.Encode();
        Assert.Contains("ask again", Assert.Throws<InvalidOperationException>(() => run.Model.ImageAttention(1)).Message,
            StringComparison.Ordinal);
    }

    [Theory, InlineData("question"), InlineData("prompt"), InlineData("scores")]
    public void Every_node_matters(string name)
    {
        var device = devices.Get("cpu");
        using var model = AnsweringModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        var graph = model.Graphs.Single(graph => graph.Name == name);
        var keep = new List<IDisposable>();
        NodeAblation.EveryNodeMatters(
            model.Executor, graph,
            [("rows", 2), ("tokens", 5), ("images", 2), ("image_tokens", 7), ("questions", 2), ("question_tokens", 6), ("cache_rows", 2),
                ("capacity", 8)],
            plan =>
            {
                ModelGoldens.BindMadeUp(plan, model.Config.Text, keep);
                if (name != "prompt")
                    return;
                Bind(DecoderGraphs.Start, [0, 0]);
                Bind(DecoderGraphs.CacheRow, [0, 1]);
                Bind(DecoderGraphs.WriteRow, [0, 1]);
                Bind(DecoderGraphs.PromptLengths, [5, 3]);

                void Bind(string input, int[] values)
                {
                    var buffer = device.Upload<int>(values);
                    keep.Add(buffer);
                    plan.Bind(graph.Input(input), buffer.View);
                }
            });
        keep.ForEach(buffer => buffer.Dispose());
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Known_sizes_allocate_no_device_memory(string deviceId)
    {
        var device = devices.Get(deviceId);
        var before = (device.LiveBuffers, device.AllocatedBytes);
        using (var model = AnsweringModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device))
        using (var generator = new Generator(device))
        {
            var side = model.Config.Vision.ImageSize;
            Work();
            var allocations = device.Allocations;
            Work();
            Assert.Equal(allocations, device.Allocations);

            void Work()
            {
                model.Ask(model.Vision.Encode(2, side, side), [[4, 5, 6], [4, 7]]);
                foreach (var beams in (int[])[1, 3])
                    generator.Generate(model, [[97], [97]], new SpecialTokens(97, 3, 0),
                        new GenerationOptions { NumBeams = beams, MaxLength = 6 });
            }
        }
        Assert.Equal(before, (device.LiveBuffers, device.AllocatedBytes));
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_any_kernel()
    {
        var device = devices.Get("cpu");
        using var model = AnsweringModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        using var state = new DecodingState(device, images: 3, beams: 1, capacity: 8);
        Assert.Contains("ask first", Assert.Throws<InvalidOperationException>(() => model.Prefill(state)).Message,
            StringComparison.Ordinal);
        Assert.Contains("ask first", Assert.Throws<InvalidOperationException>(() => model.Rank([[5]], 1)).Message,
            StringComparison.Ordinal);
        var images = ModelGoldens.EncodeSynthetic(model, 2);
        model.Ask(images, [[4, 5], [4]]);
        using var two = new DecodingState(device, images: 2, beams: 1, capacity: 8) { PromptTokens = 1, KeyTokens = 1 };
        two.PromptLengths.CopyFrom([1, 1]);
        model.Prefill(two);
        model.Step(two);
        model.Ask(images, [[4, 5, 6], [4]]);
        Assert.Contains("prompt", Assert.Throws<InvalidOperationException>(() => model.Step(two)).Message, StringComparison.Ordinal);
        Assert.Contains("3 questions, and 2", Assert.Throws<ArgumentException>(() => model.Prefill(state)).Message,
            StringComparison.Ordinal);
        Assert.Contains("at least 1", Assert.Throws<ArgumentException>(() => model.Rank([[5]], 0)).Message, StringComparison.Ordinal);
        Assert.Contains("Text 1", Assert.Throws<ArgumentException>(() => model.Rank([[5], []], 1)).Message, StringComparison.Ordinal);
        Assert.Contains("no question 2", Assert.Throws<ArgumentException>(() => model.ImageAttention(2)).Message, StringComparison.Ordinal);
        Assert.Contains("no question 2", Assert.Throws<ArgumentException>(() => model.AnswerAttention(2, [97])).Message,
            StringComparison.Ordinal);
        Assert.Contains("token 99", Assert.Throws<ArgumentException>(() => model.Ask(images, [[99]], [0])).Message,
            StringComparison.Ordinal);
        Assert.Contains("ask first", Assert.Throws<InvalidOperationException>(() => model.Prefill(state)).Message,
            StringComparison.Ordinal);
        Assert.Contains("one width", Assert.Throws<CheckpointException>(
            () => AnsweringModel.Load(ModelSource.Resolve("synthetic:tiny-wide"), device)).Message, StringComparison.Ordinal);
    }

    private static string Name(JsonElement test) => test.GetProperty("name").GetString()!;

    private static int[] GoldenTokens(JsonElement row) => Generation.GoldenOptions.Tokens(row);

    private static int[][] GoldenAnswers(GoldenRun run) => [.. run.Ranks[0].GetProperty("answers").EnumerateArray().Select(GoldenTokens)];

    /// <summary>A model of the goldens and what it was asked.</summary>
    internal sealed class GoldenRun : IDisposable
    {
        private readonly Generator generator;

        public GoldenRun(string name, Device device, ModelOptions? options = null)
        {
            Golden = new GoldenModel(name, "vqa");
            Model = AnsweringModel.Load(ModelSource.Resolve($"synthetic:{name}"), device, options);
            generator = new Generator(device);
            Specials = ModelGoldens.Specials(name, "vqa");
            Questions = ModelGoldens.Texts(Golden, "input_ids", "attention_mask");
        }

        public GoldenModel Golden { get; }

        public AnsweringModel Model { get; }

        public SpecialTokens Specials { get; }

        public int[][] Questions { get; }

        public ImageStates Images { get; set; } = null!;

        public List<JsonElement> Cases => [.. Golden.Generate];

        public List<JsonElement> Ranks => [.. Golden.Root.GetProperty("rank").EnumerateArray()];

        public void Encode() => Images = ModelGoldens.Encode(Golden, Model);

        public IReadOnlyList<IReadOnlyList<GeneratedSequence>> Generate(int questions, GenerationOptions options) =>
            generator.Generate(Model, [.. Enumerable.Repeat(new[] { Specials.Start }, questions)], Specials, options);

        /// <summary>The first answer to each question that is asked now.</summary>
        public GeneratedSequence[] Generate(JsonElement test)
        {
            return [.. Generate(Model.Asked, Generation.GoldenOptions.Read(test.GetProperty("options"))).Select(sequences => sequences[0])];
        }

        public void Check(JsonElement test, GeneratedSequence[] actual)
        {
            Assert.True(test.GetProperty("fp32_agrees").GetBoolean(), $"{Name(test)} is a tie in the reference");
            var expected = test.GetProperty("sequences");
            Assert.Equal(expected.GetArrayLength(), actual.Length);
            for (var row = 0; row < actual.Length; row++)
            {
                Assert.True(GoldenTokens(expected[row]).SequenceEqual(actual[row].Tokens),
                    $"{Name(test)}, row {row}: {string.Join(' ', actual[row].Tokens)}, not {expected[row]}");
                if (test.TryGetProperty("sequences_scores", out var scores))
                    Assert.Equal(scores[row].GetDouble(), actual[row].Score, 1e-4 * Math.Abs(scores[row].GetDouble()));
            }
        }

        /// <summary>Ranks a list of answers to the questions that are asked now.</summary>
        public void CheckRank(JsonElement test)
        {
            var ranked = Model.Rank([.. test.GetProperty("answers").EnumerateArray().Select(GoldenTokens)],
                test.GetProperty("k").GetInt32())[test.GetProperty("question").GetInt32()];
            Assert.Equal(GoldenTokens(test.GetProperty("ranking")), ranked.Select(answer => answer.Answer));
            var candidates = GoldenTokens(test.GetProperty("candidates"));
            Assert.Equal(candidates, ranked.OrderByDescending(answer => answer.FirstLogProbability).ThenBy(answer => answer.Answer)
                .Select(answer => answer.Answer));
            var sums = candidates.Zip(test.GetProperty("log_probs").EnumerateArray())
                .ToDictionary(pair => pair.First, pair => pair.Second.GetDouble());
            Assert.All(ranked, answer => Assert.Equal(sums[answer.Answer], answer.LogProbability, 1e-5 * Math.Abs(sums[answer.Answer])));
        }

        /// <summary>The greedy answers' logits, and the loss of given answers, over the questions that are asked now.</summary>
        public void CheckLogitsAndLoss()
        {
            var answers = Cases[0].GetProperty("sequences").EnumerateArray().Select(GoldenTokens).ToArray();
            Golden.Stored("greedy.logits", out var shape);
            var tokens = (int)shape[1] + 1;
            var padded = answers.Select(row => row.Concat(Enumerable.Repeat(Specials.Pad, tokens - row.Length)).ToArray()).ToArray();
            ModelGoldens.CheckSteps(Golden, Logits(padded, null), answers, tokens, Model.VocabularySize);

            var (ids, mask) = (Golden.Input("answers.input_ids"), Golden.Input("answers.attention_mask"));
            Golden.AssertClose("answer.loss", [ModelGoldens.Loss(Logits(ids, mask), ids, mask, Model.VocabularySize)]);
        }

        public void Dispose()
        {
            generator.Dispose();
            Model.Dispose();
            Golden.Dispose();
        }

        private float[] Logits(int[][] ids, int[][]? mask) => ModelGoldens.RunAll(Model.Whole(
            RecordedOutputs.Nothing, ids.SelectMany(row => row).ToArray(), ids[0].Length, [.. Enumerable.Range(0, ids.Length)],
                mask?.SelectMany(row => row).ToArray() ?? [], null))[DecoderGraphs.Logits];
    }
}
