using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using ILGPU;

namespace Blip.Tests.Kernels;

public class AttentionTests
{
    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_row_gives_the_same_bits_alone_and_in_a_batch(string id)
    {
        using var device = Variants.Open(id);
        // Dropout draws by a row's place in the batch.
        foreach (var test in AttentionCases.Small.Where(test => test is { Rows: > 1, Dropout: 0 })
            .Select(test => test with { Halves = false }))
        {
            using var data = new AttentionData(device, test);
            Attention.Run(device, data.Args);
            var batch = data.Output.ToArray();
            var length = batch.Length / test.Rows;
            for (var row = 0; row < test.Rows; row++)
            {
                Attention.Run(device, Alone(data.Args, row));
                Assert.True(batch.AsSpan(row * length, length).SequenceEqual(data.Output.ToArray().AsSpan(0, length)),
                    $"row {row} of {test.Name} on {id}");
            }
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_prompt_gives_the_same_bits_at_once_and_token_by_token(string id)
    {
        using var device = Variants.Open(id);
        var test = new AttentionCase("prompt", 1, 67, 67, 2, 20) { Packed = true, Causal = true };
        using var data = new AttentionData(device, test);
        Attention.Run(device, data.Args);
        var whole = data.Output.ToArray();
        var width = test.Heads * test.HeadDim;
        foreach (var token in new[] { 0, 1, 5, 62, 63, 64, 66 })
        {
            using var start = device.Upload<int>([token]);
            var step = data.Args with
            {
                QueryTokens = 1,
                KeyTokens = token + 1,
                Query = data.Args.Query.SubView(token * 3L * width),
                Start = start.View,
            };
            Attention.Run(device, step);
            Assert.Equal(whole[(token * width)..((token + 1) * width)], data.Output.ToArray()[..width]);
        }
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void A_mask_of_ones_and_weights_on_request_change_no_bit(string id)
    {
        using var device = Variants.Open(id);
        using var data = new AttentionData(
            device, new AttentionCase("with all", 2, 9, 75, 2, 16) { Padding = Padding.Ones, Probabilities = true });
        Attention.Run(device, data.Args);
        var with = data.Output.ToArray();
        Attention.Run(device, data.Args with { Mask = default, Probabilities = default });
        Assert.Equal(with, data.Output.ToArray());
    }

    [Theory, MemberData(nameof(Variants.Ids), MemberType = typeof(Variants))]
    public void What_lies_behind_the_last_visible_key_does_not_matter(string id)
    {
        using var device = Variants.Open(id);
        using var data = new AttentionData(device, new AttentionCase("spoiled", 1, 1, 40, 2, 16) { Causal = true, Start = 20, Spare = 4 });
        Attention.Run(device, data.Args);
        var clean = data.Output.ToArray();
        using var keys = Spoil(data.Key);
        using var values = Spoil(data.Value);
        Attention.Run(device, data.Args with { Key = keys.View, Value = values.View });
        Assert.Equal(clean, data.Output.ToArray());

        DeviceBuffer<float> Spoil(float[] cache)
        {
            var spoiled = cache.ToArray();
            spoiled.AsSpan(21 * 32).Fill(float.NaN);
            return device.Upload<float>(spoiled);
        }
    }

    [Fact]
    public void A_run_allocates_nothing_once_warm()
    {
        using var device = Device.Open("cpu");
        using var data = new AttentionData(device, AttentionCases.Small[5]);
        Run(20);
        var (buffers, bytes) = (device.Allocations, GC.GetAllocatedBytesForCurrentThread());
        Run(100);
        Assert.Equal(buffers, device.Allocations);
        // The garbage of ILGPU's CPU launch.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - bytes, 0, 100 * 512);

        void Run(int times)
        {
            for (var i = 0; i < times; i++)
                Attention.Run(device, data.Args);
        }
    }

    [Fact]
    public void Sizes_and_views_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var data = new AttentionData(device, new AttentionCase("refused", 2, 3, 5, 2, 8));
        var args = data.Args;
        Refused("HeadDim is 129", args with { HeadDim = 129 });
        Refused("KeyTokens is 0", args with { KeyTokens = 0 });
        Refused("KeyCapacity is 4", args with { KeyCapacity = 4 });
        Refused("QueryStride is 15", args with { QueryStride = 15 });
        Refused("ValueOffset is -1", args with { ValueOffset = -1 });
        Refused("ValueStride is 16", args with { ValueOffset = 1 });
        Refused("Scale is NaN", args with { Scale = float.NaN });
        Refused("Dropout is 1", args with { Dropout = 1 });
        Refused("Query holds 96", args with { QueryTokens = 4 });
        Refused("Key holds 160", args with { Rows = 3, QueryTokens = 2 });
        Refused("Output holds 95", args with { Output = args.Output.SubView(0, 95) });
        Refused("Probabilities holds 1", args with { Probabilities = args.Output.SubView(0, 1) });
        using var table = device.Upload<int>([0, 0, 0]);
        Refused("KeyRow holds 3", args with { KeyRow = table.View });
        Refused("Mask holds 3", args with { Mask = table.View });
        Refused("Queries, keys and values are Float16; no kernel here",
            args with { Precision = DType.Float16, InputFormat = DType.Float16 });
        Refused("Output is BFloat16; no kernel here", args with { Precision = DType.BFloat16, OutputFormat = DType.BFloat16 });
        Attention.Run(device, args with { Rows = 0 });

        void Refused(string message, AttentionArgs wrong) =>
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => Attention.Run(device, wrong)).Message,
                StringComparison.Ordinal);
    }

    private static AttentionArgs Alone(AttentionArgs args, int row)
    {
        var kept = args with
        {
            Rows = 1,
            Query = args.Query.SubView((long)row * args.QueryTokens * args.QueryStride),
            Start = Part(args.Start, 1),
            Mask = Part(args.Mask, args.KeyTokens),
            Probabilities = default,
        };
        if (args.KeyRow.Length > 0)
            return kept with { KeyRow = Part(args.KeyRow, (int)args.KeyRow.Length / args.Rows) };
        var keys = (long)row * args.KeyCapacity;
        return kept with { Key = args.Key.SubView(keys * args.KeyStride), Value = args.Value.SubView(keys * args.ValueStride) };

        ArrayView<int> Part(ArrayView<int> view, int length) => view.Length == 0 ? view : view.SubView((long)row * length, length);
    }
}
