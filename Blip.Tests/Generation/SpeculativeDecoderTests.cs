using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Tests.Kernels;
using Blip.Tests.Models;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Tests.Generation;

/// <summary>A draft changes nothing in the output: tokens, scores, logits and draws, bit for bit.</summary>
public class SpeculativeDecoderTests
{
    private const string Model = "tiny-head64";

    private const int Longest = 20;

    private static readonly GenerationOptions Plain = new() { MaxLength = Longest, MinLength = Longest };

    private static readonly GenerationOptions Drawn = Plain with { DoSample = true, Seed = 7 };

    // Every rule that looks at the tokens so far, every filter, and the further results besides the tokens.
    private static readonly (string Name, GenerationOptions Options)[] Ways =
    [
        ("greedy", Plain),
        ("as it ends", new() { MaxLength = Longest }),
        ("scores", Plain with { OutputScores = true, OutputLogits = true, RepetitionPenalty = 1.3 }),
        ("new tokens", new() { MaxNewTokens = 9, MinNewTokens = 4 }),
        ("one new token", new() { MaxNewTokens = 1 }),
        ("two new tokens", new() { MaxNewTokens = 2 }),
        ("repetition", Plain with { RepetitionPenalty = 1.6 }),
        ("n-grams", Plain with { NoRepeatNgramSize = 2 }),
        ("bad words", Plain with { BadWordsIds = [[17], [29, 60], [5, 6, 7]] }),
        ("force words", new() { MaxLength = Longest, ForceWordsIds = [[9, 8, 7], [9, 4], [11]] }),
        ("suppressed", Plain with { SuppressTokens = [3, 17], BeginSuppressTokens = [29], SequenceBias = [new([40], 2), new([9, 9], -3)] }),
        ("forced ends", Plain with { ForcedBosTokenId = 12, ForcedEosTokenId = 2 }),
        ("decay", new() { MaxLength = Longest, ExponentialDecayLengthPenalty = new(3, 1.2), RenormalizeLogits = true, LengthPenalty = 2 }),
        ("drawn", Drawn),
        ("hot", Drawn with { Temperature = 1.7, TopK = 0, Seed = 9 }),
        ("top-k", Drawn with { TopK = 5 }),
        ("top-p", Drawn with { TopP = 0.8, MinP = 0.02 }),
        ("top-h", Drawn with { TopH = 0.5, Seed = 21 }),
        ("typical", Drawn with { TypicalP = 0.9, EpsilonCutoff = 0.001, EtaCutoff = 0.002, OutputScores = true }),
        ("time", Plain with { MaxTime = 3600 }),
    ];

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void Several_steps_at_once_have_the_bits_of_as_many_steps(string variant)
    {
        if (variant == "portable")
            FullRun.Only();
        using var device = Variants.Open(variant);
        using var run = new Runs(device);
        var text = run.Model.Config.Text;
        int[] ids = [9, 17, 60, 3, 29, 44, 8, 12];
        for (var count = 2; count <= ids.Length; count++)
        {
            using var state = run.Begun([text.BosTokenId, 5]);
            var alone = ids.Select((id, i) => run.Step(state, 2 + i, id)).ToList();
            using var again = run.Begun([text.BosTokenId, 5]);
            again.Start.CopyFrom([2]);
            using var tokens = device.Upload<int>(ids[..count]);
            var together = device.Read(run.Model.Steps(again, tokens.View)).Chunk(text.VocabularySize).ToList();
            Assert.Equal(alone[..count], together);
            // Keys and values, too: later steps read them.
            for (var i = count; i < ids.Length; i++)
                Assert.Equal(alone[i], run.Step(again, 2 + i, ids[i]));
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void With_a_draft_nothing_is_different(string variant)
    {
        FullRun.Only();
        using var device = Variants.Open(variant);
        using var run = new Runs(device);
        // The rules are the same text everywhere; other variants are slow.
        var ways = variant == "cpu" ? Ways : [.. Ways.Where(way => way.Name is "greedy" or "scores" or "drawn")];
        var expected = ways.Select(way => run.Said(way.Options, null, misled: false)).ToList();
        foreach (var ahead in variant == "cpu" ? (int[])[1, 4, Lookahead.Most] : [4])
        {
            foreach (var misled in (bool[])[false, true])
            {
                var lookahead = new Lookahead(ahead);
                foreach (var (way, said) in ways.Zip(expected))
                    Assert.True(said == run.Said(way.Options, lookahead, misled), $"{way.Name}, {ahead} ahead{(misled ? ", misled" : "")}");
                var (right, compared) = lookahead.Hits;
                TestContext.Current.TestOutputHelper?.WriteLine($"{ahead} ahead: {right} of {compared} tokens of the draft were right");
                Assert.True(right > 10 * ways.Length / 3, $"only {right} of {compared} tokens of the draft were right");
                Assert.True(!misled || compared - right > ways.Length,
                    $"only {compared - right} of {compared} tokens of the draft were wrong");
            }
        }
    }

    [Fact]
    public void A_sequence_has_a_draft_while_it_is_alone_in_its_batch()
    {
        using var device = Device.Open("cpu");
        using var run = new Runs(device);
        var lookahead = new Lookahead(3);
        using var generator = new Generator(device) { Lookahead = lookahead };
        var (model, text, compared) = (run.Model, run.Model.Config.Text, 0L);
        foreach (var options in (GenerationOptions[])[Plain, Drawn, Plain with { NoRepeatNgramSize = 2 }])
        {
            var batch = generator.Continuous(model, run.Specials, options, ends: null, 2, Longest);
            run.EncodeAt(0);
            var first = batch.Join([[text.BosTokenId, 5]], 0)[0];
            Steps(4);
            run.EncodeAt(1);
            var other = batch.Join([[text.BosTokenId]], 1)[0];
            Steps(3);
            batch.RemoveEnded(row => row == first);
            Steps(5);
            Assert.True(lookahead.Hits.Compared > compared, "there was no draft");
            compared = lookahead.Hits.Compared;
            Assert.Equal(run.Tokens(options, [text.BosTokenId, 5])[..first.Sequence.Tokens.Count], first.Sequence.Tokens);
            Assert.Equal(run.Tokens(options, [text.BosTokenId])[..other.Sequence.Tokens.Count], other.Sequence.Tokens);

            void Steps(int count)
            {
                for (var i = 0; i < count; i++)
                    batch.Step();
            }
        }
    }

    [Fact]
    public void Tokens_are_told_in_order_and_a_cancelled_run_leaves_nothing_behind()
    {
        using var device = Device.Open("cpu");
        using var run = new Runs(device);
        using var generator = new Generator(device) { Lookahead = new(4) };
        var prompt = new[] { run.Model.Config.Text.BosTokenId };
        var expected = run.Tokens(Plain, prompt);
        for (var at = 1; at < 8; at++)
        {
            using var cancellation = new CancellationTokenSource();
            var told = new List<int>();
            Assert.Throws<OperationCanceledException>(() => generator.Generate(run.Model, [prompt], run.Specials, Plain, onToken: token =>
            {
                told.Add(token.Token);
                if (told.Count == at)
                    cancellation.Cancel();
            }, cancellationToken: cancellation.Token));
            Assert.Equal(expected[1..(at + 1)], told);
        }
        Assert.Equal(expected, generator.Generate(
            run.Model, [prompt], run.Specials, Plain, cancellationToken: TestContext.Current.CancellationToken)[0][0].Tokens);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Time_that_is_up_within_a_draft_ends_the_sequence_with_the_token_that_comes(bool continuous)
    {
        const int Ahead = 4;
        using var device = Device.Open("cpu");
        using var run = new Runs(device);
        using var generator = new Generator(device) { Lookahead = new(Ahead) };
        var prompt = new[] { run.Model.Config.Text.BosTokenId };
        var expected = run.Tokens(Plain, prompt);
        var options = Plain with { MaxTime = 2 };
        // The second token of the first draft takes longer than the sequence has.
        var late = new Late(run.Model, at: 2, TimeSpan.FromSeconds(2.2));

        var tokens = continuous ? Joined() : generator.Generate(
            late, [prompt], run.Specials, options, cancellationToken: TestContext.Current.CancellationToken)[0][0].Tokens;

        Assert.Equal(expected[..tokens.Count], tokens);
        // The first token, that of the drafting step, and the last one.
        Assert.InRange(tokens.Count - prompt.Length, 1, 3);
        Assert.InRange(late.Calls, 2, Ahead);

        IReadOnlyList<int> Joined()
        {
            run.EncodeAt(0);
            var batch = generator.Continuous(late, run.Specials, options, ends: null, 2, Longest);
            var row = batch.Join([prompt], 0)[0];
            while (batch.Rows.Count > 0)
            {
                batch.Step();
                batch.RemoveEnded(_ => false);
            }
            return row.Sequence.Tokens;
        }
    }

    [Fact]
    public void Several_images_beams_and_samples_have_no_draft()
    {
        using var device = Device.Open("cpu");
        using var run = new Runs(device);
        var lookahead = new Lookahead(4);
        using var generator = new Generator(device) { Lookahead = lookahead };
        var prompt = new[] { run.Model.Config.Text.BosTokenId };
        foreach (var options in (GenerationOptions[])[Plain with { NumBeams = 3 }, Drawn with { NumReturnSequences = 2 }])
            generator.Generate(run.Model, [prompt], run.Specials, options, cancellationToken: TestContext.Current.CancellationToken);
        run.Encode(images: 2);
        generator.Generate(run.Model, [prompt, prompt], run.Specials, Plain, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((0, 0), lookahead.Hits);
    }

    [Fact]
    public void The_draft_is_made_when_it_is_asked_for_or_once_it_pays()
    {
        using var device = Device.Open("cpu");
        using var on = Load(DraftMode.Int8);
        Assert.True(on.HasDraft);
        using var off = Load(DraftMode.Off);
        using var auto = Load(DraftMode.Auto);
        using var generator = new Generator(device);
        foreach (var model in (CaptioningModel[])[off, auto])
        {
            var before = device.AllocatedBytes;
            for (var captions = 0; !model.HasDraft && captions < 20; captions++)
            {
                ModelGoldens.EncodeSynthetic(model, images: 1);
                generator.Generate(model, [[model.Config.Text.BosTokenId]], Runs.Of(model), Plain,
                    cancellationToken: TestContext.Current.CancellationToken);
                Assert.Equal(model == auto && captions >= (CaptionDraft.StepsBeforeAuto - 1) / (Longest - 2), model.HasDraft);
            }
            Assert.Equal(model == auto, model.HasDraft);
        }
        Assert.Empty(on.Notices.Concat(auto.Notices));

        CaptioningModel Load(DraftMode draft) =>
            CaptioningModel.Load(ModelSource.Resolve($"synthetic:{Model}"), device, new ModelOptions { Draft = draft });
    }

    [Theory, InlineData(Precision.Bf16), InlineData(Precision.Fp16), InlineData(Precision.Int8)]
    public void Weights_of_fewer_bytes_have_no_draft_and_say_so(Precision precision)
    {
        using var device = Device.Open("cpu");
        foreach (var draft in Enum.GetValues<DraftMode>())
        {
            using var model = CaptioningModel.Load(
                ModelSource.Resolve($"synthetic:{Model}"), device, new ModelOptions { Draft = draft, Precision = precision });
            Assert.False(model.HasDraft);
            Assert.Equal(draft == DraftMode.Int8,
                model.Notices.Any(notice => notice.StartsWith("captions have no draft: it is for fp32", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Where_one_token_and_several_differ_there_is_no_draft()
    {
        using var device = Devices.OpenCuda();
        using var model = CaptioningModel.Load(
            ModelSource.Resolve("synthetic:tiny-square"), device, new ModelOptions { Draft = DraftMode.Int8 });
        Assert.False(model.HasDraft);
        Assert.Contains(model.Notices, notice => notice.Contains("differ in their last bits", StringComparison.Ordinal));
    }

    /// <summary>A model with a draft, an image before it, and its texts.</summary>
    private sealed class Runs : IDisposable
    {
        private readonly Device device;
        private readonly Generator without;

        public Runs(Device device)
        {
            this.device = device;
            Model = CaptioningModel.Load(
                ModelSource.Resolve($"synthetic:{SpeculativeDecoderTests.Model}"), device, new ModelOptions { Draft = DraftMode.Int8 });
            without = new Generator(device) { Lookahead = new Lookahead(0) };
            Encode(images: 1);
        }

        public CaptioningModel Model { get; }

        public SpecialTokens Specials => Of(Model);

        public static SpecialTokens Of(CaptioningModel model) =>
            new(model.Config.Text.BosTokenId, model.Config.Text.SepTokenId, model.Config.Text.PadTokenId);

        public void Encode(int images) => ModelGoldens.EncodeSynthetic(Model, images);

        // The pixels of the image before are there still.
        public void EncodeAt(int place)
        {
            if (place == 0)
                Model.Reserve(2, 32);
            Model.EncodeAt(place, 1, Model.Config.Vision.ImageSize, Model.Config.Vision.ImageSize);
        }

        public string Said(GenerationOptions options, Lookahead? lookahead, bool misled)
        {
            Encode(images: 1);
            ITextDecoder decoder = misled ? new Misled(Model, device) : Model;
            using var generator = new Generator(device) { Lookahead = lookahead ?? new Lookahead(0) };
            var told = new List<GeneratedToken>();
            var text = Model.Config.Text;
            return string.Join('\n', ((int[][])[[text.BosTokenId], [text.BosTokenId, 17, 29, 60]]).SelectMany(prompt =>
                generator.Generate(decoder, [prompt], Specials, options with { OutputAttentions = false }, onToken: told.Add)[0])
                    .Select(Bits)
                .Append(string.Join(' ', told)));
        }

        public int[] Tokens(GenerationOptions options, int[] prompt)
        {
            Encode(images: 1);
            return without.Generate(Model, [prompt], Specials, options)[0][0].Tokens;
        }

        public DecodingState Begun(int[] prompt)
        {
            Encode(images: 1);
            var state = new DecodingState(device, images: 1, beams: 1, capacity: 16)
            {
                PromptTokens = prompt.Length,
                KeyTokens = prompt.Length,
            };
            state.Prompts.CopyFrom(prompt);
            state.PromptLengths.CopyFrom([prompt.Length]);
            Model.Prefill(state);
            device.Synchronize();
            return state;
        }

        public float[] Step(DecodingState state, int position, int token)
        {
            state.InputIds.CopyFrom([token]);
            state.Start.CopyFrom([position]);
            state.KeyTokens = position + 1;
            return device.Read(Model.Step(state));
        }

        public void Dispose()
        {
            without.Dispose();
            Model.Dispose();
        }

        private static string Bits(GeneratedSequence sequence) =>
            $"{string.Join(' ', sequence.Tokens)} {BitConverter.DoubleToInt64Bits(sequence.Score):X} {Hash(sequence.Scores)} "
                + $"{Hash(sequence.Logits)}";

        private static string Hash(IReadOnlyList<float[]>? steps) =>
            steps is null ? "" : $"{steps.Count}: {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(steps.SelectMany(step => step).ToArray().AsSpan())))}";
    }

    /// <summary>A model whose draft is another.</summary>
    private abstract class OtherDraft(CaptioningModel model) : IDraftedDecoder
    {
        protected CaptioningModel Model { get; } = model;

        public int VocabularySize => Model.VocabularySize;

        public int MaxPositions => Model.MaxPositions;

        public bool HasDraft => true;

        public ArrayView<float> Prefill(DecodingState state) => Model.Prefill(state);

        public ArrayView<float> Step(DecodingState state) => Model.Step(state);

        public ArrayView<float> Steps(DecodingState state, ArrayView<int> ids) => Model.Steps(state, ids);

        public abstract ArrayView<float> DraftStep(DecodingState draft);
    }

    /// <summary>A draft of which one token takes long.</summary>
    private sealed class Late(CaptioningModel model, int at, TimeSpan time) : OtherDraft(model), IContinuousDecoder
    {
        public int Calls { get; private set; }

        public void Reserve(int rows, int capacity) => Model.Reserve(rows, capacity);

        public ArrayView<float> Prefill(DecodingState state, int place, int row) => Model.Prefill(state, place, row);

        public void Continue(DecodingState state, ReadOnlySpan<int> places) => Model.Continue(state, places);

        public void MoveRow(int from, int to, int tokens) => Model.MoveRow(from, to, tokens);

        public override ArrayView<float> DraftStep(DecodingState draft)
        {
            if (++Calls == at)
                Thread.Sleep(time);
            return Model.DraftStep(draft);
        }
    }

    /// <summary>A draft that is wrong at every third token.</summary>
    private sealed class Misled(CaptioningModel model, Device device) : OtherDraft(model)
    {
        private readonly Random random = new(3);
        private int calls;

        public override ArrayView<float> DraftStep(DecodingState draft)
        {
            var logits = Model.DraftStep(draft);
            if (++calls % 3 == 0)
                device.Write<float>([.. Enumerable.Range(0, VocabularySize).Select(_ => 30 * random.NextSingle())], logits);
            return logits;
        }
    }
}
