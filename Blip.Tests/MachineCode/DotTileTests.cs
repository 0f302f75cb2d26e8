using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Kernels.MachineCode;
using Blip.Verification.Cases;
using Blip.Verification.Operators;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Blip.Tests.MachineCode;

/// <summary>
/// Machine code against its definition: in the interpreter everywhere, and by the processor where it has the instructions.
/// </summary>
public unsafe class DotTileTests
{
    public static TheoryData<string> Kinds =>
    [
        .. from extension in Enum.GetValues<DotExtension>()
           from product in Enum.GetValues<DotProduct>()
           where (extension, product) != (DotExtension.AvxVnni, DotProduct.BFloat16)
           select $"{extension} {product}",
    ];

    [Theory, MemberData(nameof(Kinds))]
    public void Every_tile_gives_the_bits_of_its_definition(string kind)
    {
        var (extension, product) = Parse(kind);
        foreach (var convention in Enum.GetValues<CallConvention>())
        {
            var tiles = new InterpretedTiles(extension, product, convention);
            Assert.True(DotTileCheck.Passes(tiles, product));
            foreach (var words in (int[])[1, 2, 7, 40])
            {
                for (var rows = 1; rows <= tiles.Shape.Rows; rows++)
                {
                    var (sums, expected) = (Run(tiles, product, rows, words), Expected(extension, product, rows, words));
                    Assert.True(expected.AsSpan().SequenceEqual(sums), $"{kind}, {convention}: {rows} rows, {words} words");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_processor_gives_the_interpreters_bits(string kind)
    {
        var (extension, product) = Parse(kind);
        var (native, refusal) = NativeTiles.Of(extension, product);
        if (native is not { } tiles)
        {
            Assert.Skip(refusal ?? $"this processor has no {extension} for {product}");
            return;
        }
        foreach (var words in (int[])[1, 2, 7, 40, 385])
        {
            for (var rows = 1; rows <= tiles.Shape.Rows; rows++)
                Assert.True(Expected(extension, product, rows, words).AsSpan().SequenceEqual(Run(tiles, product, rows, words)),
                    $"{kind}: {rows} rows, {words} words");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_product_of_tiles_agrees_with_double_precision(string kind)
    {
        var (extension, product) = Parse(kind);
        var format = product == DotProduct.Bytes ? DType.W8A8 : DType.BFloat16;
        using var device = Device.Open("cpu", new DeviceOptions { Vectors = CpuVectors.Vector128 });
        foreach (var gemm in GemmCases.All.Where(gemm => gemm is { Norm: false, Flops: < 2_000_000 } && gemm.Format == format))
        {
            var inputs = GemmCases.Make(gemm);
            using var buffers = new OperatorBuffers(device);
            var (args, y) = GemmOperator.Upload(buffers, gemm, inputs);
            Gemm.Run(device, args);
            var vectors = y.ToArray();
            GemmDot.Run(device, args, new InterpretedTiles(extension, product, CallConvention.SystemV));
            var actual = y.ToArray();
            // Whole numbers are those of .NET's vectors.
            if (product == DotProduct.Bytes)
                Assert.True(vectors.AsSpan().SequenceEqual(actual), $"{gemm}: other bits than {device.Name}");
            else
                Assert.InRange(GemmCases.Error(gemm, inputs, actual, rounds: true), 0, 1);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_row_gets_the_same_bits_whatever_the_batch(string kind)
    {
        var (extension, product) = Parse(kind);
        using var device = Device.Open("cpu", new DeviceOptions { Vectors = CpuVectors.Vector128 });
        var gemm = new GemmCase("batch", 39, 135, 70)
        {
            Activation = Activation.Gelu,
            Residual = true,
            Format = product == DotProduct.Bytes ? DType.W8A8 : DType.BFloat16,
        };
        var inputs = GemmCases.Make(gemm);
        var whole = Multiply(gemm, inputs);
        foreach (var (first, rows) in new[] { (0, 1), (38, 1), (3, 2), (5, 3), (1, 4), (17, 5), (2, 6), (4, 7), (11, 13), (7, 17) })
        {
            var part = Multiply(gemm with { Rows = rows }, inputs with
            {
                X = inputs.X.AsSpan(first * gemm.InFeatures, rows * gemm.InFeatures).ToArray(),
                Residual = inputs.Residual.AsSpan(first * gemm.OutFeatures, rows * gemm.OutFeatures).ToArray(),
            });
            Assert.Equal(whole.AsSpan(first * gemm.OutFeatures, part.Length).ToArray(), part);
        }

        float[] Multiply(GemmCase gemm, GemmInputs inputs)
        {
            using var buffers = new OperatorBuffers(device);
            var (args, y) = GemmOperator.Upload(buffers, gemm, inputs);
            GemmDot.Run(device, args, new InterpretedTiles(extension, product, CallConvention.SystemV));
            return y.ToArray();
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_wrong_product_or_a_write_past_the_sums_fails_the_check(string kind)
    {
        var (extension, product) = Parse(kind);
        var tiles = new InterpretedTiles(extension, product, CallConvention.SystemV);
        Assert.False(DotTileCheck.Passes(new Flawed(tiles, at: 63), product));
        Assert.False(DotTileCheck.Passes(new Flawed(tiles, at: tiles.Shape.Rows * 64), product));
        var pastTheEnd = Record.Exception(() => Run(new Short(tiles), product, tiles.Shape.Rows, 5));
        Assert.Contains("writes", Assert.IsType<InvalidOperationException>(pastTheEnd).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_is_made_here_is_called_here()
    {
        if (!Avx2.IsSupported)
            Assert.Skip("this processor has no AVX2");
        var a = new Assembler(64);
        if (!OperatingSystem.IsWindows())
            a.mov(rcx, rdi);
        a.mov(rax, __qword_ptr[rcx]);
        a.mov(r8, __qword_ptr[rcx + 16]);
        a.mov(r11, __qword_ptr[rcx + 40]);
        a.vmovups(ymm0, __ymmword_ptr[rax]);
        a.vpaddd(ymm0, ymm0, __ymmword_ptr[r8]);
        a.vmovups(__ymmword_ptr[r11], ymm0);
        a.vzeroupper();
        a.ret();
        using var code = new MemoryStream();
        a.Assemble(new StreamCodeWriter(code), 0);
        var function = (delegate* unmanaged<DotTileArguments*, void>)ExecutableMemory.Make(code.ToArray());

        int* x = stackalloc int[8], w = stackalloc int[8], sums = stackalloc int[8];
        for (var i = 0; i < 8; i++)
            (x[i], w[i]) = (i, 100 * i);
        var arguments = new DotTileArguments { X = (byte*)x, Weights = (byte*)w, Sums = (byte*)sums };
        function(&arguments);
        Assert.Equal(Enumerable.Range(0, 8).Select(i => 101 * i), new Span<int>(sums, 8).ToArray());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_system_that_allows_no_executable_memory_is_told_of(string kind)
    {
        var (extension, product) = Parse(kind);
        var refusal = NativeTiles.Make(extension, product, _ => throw new System.ComponentModel.Win32Exception(13)).Refusal;
        Assert.EndsWith(".NET's own instructions multiply instead", refusal, StringComparison.Ordinal);
        // Where tiles of AMX are not allowed, no memory is asked for.
        Assert.Matches(extension == DotExtension.Amx ? "AMX|Amx" : $"no memory for instructions of {extension}", refusal!);
    }

    [Fact]
    public void Without_machine_code_nothing_is_refused()
    {
        using var device = Device.Open("cpu", new DeviceOptions { Vectors = CpuVectors.Vector128 });
        Assert.All(DTypes.Weights, format => Assert.Null(Gemm.Refusal(device, format)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gemm.Refusal(device, DType.Int32));
        Assert.Null(GemmDot.Describe(CpuVectors.Vector128));
    }

    [Fact]
    public void What_the_processor_lacks_is_not_made_and_no_refusal()
    {
        foreach (var name in Kinds)
        {
            var (extension, product) = Parse(name);
            var (tiles, refusal) = NativeTiles.Of(extension, product);
            Assert.Equal(NativeTiles.Has(extension, product), tiles is not null || refusal is not null);
        }
    }

    private static (DotExtension Extension, DotProduct Product) Parse(string kind) =>
        (Enum.Parse<DotExtension>(kind.Split(' ')[0]), Enum.Parse<DotProduct>(kind.Split(' ')[1]));

    // The sums' bits.
    private static uint[] Run<TTiles>(TTiles tiles, DotProduct product, int rows, int words)
        where TTiles : struct, IDotTiles
    {
        var shape = tiles.Shape;
        var (x, panel, stride) = Make(product, shape.Rows, words);
        var repacked = new byte[AmxPanel.Steps(words) * 4 * AmxPanel.TileBytes];
        var sums = new uint[shape.Rows * 64];
        fixed (byte* inputs = x, weights = panel, tilesOfWeights = repacked)
        fixed (uint* to = sums)
        {
            AmxPanel.Write((ushort*)weights, words, tilesOfWeights);
            tiles.Multiply(rows, inputs, stride, shape.IsRepacked ? tilesOfWeights : weights, words, (float*)to);
        }
        return sums[..(rows * 64)];
    }

    // The definition, one output after the other.
    private static uint[] Expected(DotExtension extension, DotProduct product, int rows, int words)
    {
        var (x, panel, stride) = Make(product, DotTileShape.Of(extension).Rows, words);
        var sums = new uint[rows * 64];
        for (var at = 0; at < sums.Length; at++)
        {
            var (row, column) = (at / 64, at % 64);
            var (sum, even, odd) = (0f, 0f, 0f);
            for (var pair = 0; pair < (words + 1) / 2; pair++)
            {
                var left = MemoryMarshal.Read<uint>(x.AsSpan((row * stride) + (4 * pair)));
                var right = Word(2 * pair) | ((2 * pair) + 1 < words ? Word((2 * pair) + 1) << 16 : 0);
                if (product == DotProduct.Bytes)
                    sums[at] = X86Machine.DotBytes(sums[at], left, right);
                else if (extension != DotExtension.Amx)
                    sum = X86Machine.DotBFloat16(sum, left, right);
                else
                {
                    (even, odd) = (X86Machine.MultiplyAdd(X86Machine.Low(left), X86Machine.Low(right), even),
                        X86Machine.MultiplyAdd(X86Machine.High(left), X86Machine.High(right), odd));
                    if (pair % 16 == 15 || pair == ((words + 1) / 2) - 1)
                        (sum, even, odd) = (X86Machine.Flushed(sum + X86Machine.Flushed(even + odd)), 0, 0);
                }

                uint Word(int word) => MemoryMarshal.Read<ushort>(panel.AsSpan((word * 128) + (2 * column)));
            }
            if (product == DotProduct.BFloat16)
                sums[at] = BitConverter.SingleToUInt32Bits(sum);
        }
        return sums;
    }

    // Every byte; in bfloat16 also numbers that are denormal, or whose products are.
    private static (byte[] X, byte[] Panel, int Stride) Make(DotProduct product, int rows, int words)
    {
        var random = new Random((rows * 1000) + words);
        var stride = ((2 * words) + 63) / 64 * 64;
        var (x, panel) = (new byte[rows * stride], new byte[words * 128]);
        for (var row = 0; row < rows; row++)
        {
            for (var word = 0; word < words; word++)
                Put(x.AsSpan((row * stride) + (2 * word)));
        }
        for (var word = 0; word < words * 64; word++)
            Put(panel.AsSpan(2 * word));
        return (x, panel, stride);

        void Put(Span<byte> to)
        {
            if (product == DotProduct.Bytes)
            {
                random.NextBytes(to[..2]);
                return;
            }
            var scale = random.Next(8) switch { 0 => 1e-39f, 1 => 1e-20f, 2 => 1e6f, _ => 1f };
            MemoryMarshal.Write(to, SixteenBits.ToBFloat16(scale * ((2 * random.NextSingle()) - 1)));
        }
    }

    // Right, but for one sum.
    private readonly struct Flawed(InterpretedTiles tiles, int at) : IDotTiles
    {
        public DotTileShape Shape => tiles.Shape;

        public void Call(int rows, DotTileArguments* arguments)
        {
            tiles.Call(rows, arguments);
            if (rows == Shape.Rows)
                ((uint*)arguments->Sums)[at % 64 < 64 / Shape.Passes ? at : at - (at % 64) + (64 / Shape.Passes) - 1] ^= 0x00800000;
        }
    }

    // The sums end a byte early.
    private readonly struct Short(InterpretedTiles tiles) : IDotTiles
    {
        public DotTileShape Shape => tiles.Shape;

        public void Call(int rows, DotTileArguments* arguments) => tiles.Execute(rows, arguments, missing: 1);
    }
}
