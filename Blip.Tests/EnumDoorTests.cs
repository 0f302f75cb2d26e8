using System.Diagnostics;
using System.Reflection;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Reports;
using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using Blip.Datasets.Shapes;
using Blip.Emulation.Instructions;
using Blip.Emulation.Machine;
using Blip.Emulation.Ptx;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Kernels.MachineCode;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Passes;
using Blip.Runtime.Hub;
using Blip.Runtime.Imaging;
using Blip.Runtime.Imaging.Formats;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Retrieval;
using Blip.Runtime.Tracing;
using Blip.Server.Endpoints;
using Blip.Server.Hosting;
using Blip.Training;
using Blip.Training.Augmentation;
using Blip.Training.Schedules;
using Shape = Blip.Datasets.Shapes.Shape;

namespace Blip.Tests;

/// <summary>
/// Every enumeration, through the methods that choose by its members: each member is known there, and what is no member is refused.
/// A new member that one of them forgets fails here. An enumeration in neither list fails, too.
/// </summary>
public class EnumDoorTests
{
    private static readonly BlipConfig Tiny = SyntheticModels.Config("tiny-square");

    private static readonly ShapeItem Item = new(Shape.Circle, ShapeColor.Red, ShapeSize.Small, 0.5, 0.5, 0.2);

    private static readonly TrainingOptions Training = TrainingRecipes.For(TrainingTask.Caption);

    // The last arguments: members that the door refuses on purpose.
    private static readonly Dictionary<string, Door> Doors = new Door[]
    {
        Of<Activation>("functions", kind => ActivationFunctions.Use(kind, default(Nothing))),
        Of<DotExtension>("tiles", extension => DotTileShape.Emit(extension, DotProduct.Bytes, 1, CallConvention.SystemV)),
        Of<DotProduct>("tiles of AVX-512", product => DotTileEmitter.Emit(product, 512, 1, CallConvention.SystemV)),
        Of<DotProduct>("tiles of AMX", product => AmxTileEmitter.Emit(product, CallConvention.SystemV)),
        Of<CallConvention>("tiles of AVX-512", convention => DotTileEmitter.Emit(DotProduct.Bytes, 512, 1, convention)),
        Of<CallConvention>("tiles of AMX", convention => AmxTileEmitter.Emit(DotProduct.Bytes, convention)),
        Of<CpuVectors>("machine code", vectors => GemmDot.Describe(vectors) ?? "", CpuVectors.Auto),
        Of<Activation>("kernels' check", ActivationFunctions.Check),
        Of<CpuVectors>("vectors", vectors => VectorTypes.Use(vectors, default(Nothing)), CpuVectors.Auto),
        Of<DType>("facts", type => type.Bytes()),
        Of<DType>("tensors of checkpoints", type => TensorConversion.ToFloat32(type, new byte[8], new float[1]), DType.W8A8),
        Of<DType>("inputs of graphs", type => new GraphBuilder("g").Input("x", new(1), type), Except(DType.Float32, DType.Int32)),
        Of<DType>("weights", format => PackedWeights.BytesOf(3, 5, format), Except(DTypes.Weights)),
        Of<DType>("values", format => format.Floats(3), Except(DType.Float32, DType.Float16, DType.BFloat16, DType.Int32)),
        Of<DType>("CUDA", format => CudaFormats.Supports(80, format), Except(DTypes.Weights)),
        Of<DType>("tensor cores", format => MatrixTypes.Use(format, default(Nothing)),
            Except(DType.Float16, DType.BFloat16, DType.Int8, DType.W8A8)),
        Of<DType>("16 bits", format => MatrixTypes.Use16Bits(format, default(Nothing)), Except(DType.Float16, DType.BFloat16)),
        Of<DType>("gradients", BackwardPrecision.Check, Except(DType.Float32, DType.Float16, DType.BFloat16)),
        Of<DType>("rounding", format => WeightPacking.Round(1, format), Except(DType.Float16, DType.BFloat16)),
        Of<ResamplingFilter>("weights", filter => ResamplingTable.Create(4, 3, filter)),
        Of<Precision>("formats", precision => precision.ToDType()),
        Of<Compat>("rules", compat => CompatRules.Of(compat)),
        Of<Compat>("sizes", compat => compat.Apply(Tiny)),
        Of<AttentionMethod>("text towers", method => TextTower.Seen(Tiny.Text, new ModulePath("m"), method), AttentionMethod.GradCam),
        Of<DraftMode>("options", draft => new CaptionerOptions { Draft = draft }.Validate()),
        Of<BlipHead>("names", head => head.Name()),
        Of<BlipHead>("class names", head => head.Architecture()),
        Of<BlipHead>("kinds", head => head.Kind()),
        Of<BlipHead>("modules", head => ModuleTree.Build(Tiny, head)),
        Of<BlipHead>("graphs", head => BlipGraphs.For(Tiny, head)),
        Of<EarlyStopping>("options", stopping => new GenerationOptions { EarlyStopping = stopping }.Validate()),
        Of<DeviceKind>("costs", kind => CaptionCosts.Of(ModelSource.Resolve("synthetic:tiny-square"), new CostOptions { Device = kind })),
        Of<Shape>("drawing", shape => new SceneRaster(new ShapeScene(SceneBackground.Gray, [Item with { Shape = shape }], null, 16))),
        Of<ShapeColor>("pixels", color => SceneRenderer.Of(color)),
        Of<SceneBackground>("pixels", background => SceneRenderer.Of(background)),
        Of<ShapePlace>("words", place => ShapeWords.Word(place)),
        Of<TextOrigin>("names", origin => TextOrigins.Name(origin)),
        Of<ScoreKind>("histograms", kind => new ScoreHistogram(kind)),
        Of<RankBy>("options", rank => new SelectionRule(new SelectionOptions { RankBy = rank })),
        Of<TrainingTask>("recipes", task => TrainingRecipes.For(task)),
        Of<TrainingTask>("sources", task => TrainingRecipes.SourceOf(task, TrainingRecipe.Lavis)),
        Of<TrainingTask>("options", task => (Training with { Task = task }).Validate()),
        Of<CheckpointFormat>("options", format => (Training with { Format = format }).Validate()),
        Of<InitialWeights>("options", init => (Training with { Init = init }).Validate()),
        Of<TrainingRecipe>("recipes", recipe => TrainingRecipes.For(TrainingTask.Match, recipe)),
        Of<TrainingRecipe>("sources", recipe => TrainingRecipes.SourceOf(TrainingTask.Match, recipe)),
        Of<LearningRateCurve>("options", curve => (Training with { Schedule = curve }).Validate()),
        Of<LearningRateCurve>("rates", curve => new LearningRateSchedule(Training with { Schedule = curve }).At(1, 0)),
        Of<WeightDecayScope>("options", scope => (Training with { WeightDecayOn = scope }).Validate()),
        Of<AugmentationKind>("options", kind => (Training with { Augment = kind }).Validate()),
        Of<ImageFormat>("readers", format => ImageReader.Of(format)),
        Of<AugmentOperation>("images", operation => RandomAugment.Apply(new RgbImage(4, 4, new byte[48]), operation, 0.5, negative: false)),
        Of<ModelState>("words", state => HealthEndpoints.Word(state)),
        Of<RoundingMode>("whole numbers", mode => Rounding.ToIntegral(1.5, mode)),
    }.ToDictionary(door => $"{door.Type.Name}: {door.Name}");

    // Enumerations that no caller gives, or that other tests walk.
    private static readonly Dictionary<Type, string> LeftOut = new()
    {
        [typeof(GemmShape)] = "GemmTests runs every shape",
        [typeof(GemmCudaShape)] = "EmulatedActivationTests runs every shape, and one that there is not",
        [typeof(SamplingFilters.Filter)] = "the door of the filters alone names members",
        [typeof(TileOrigin)] = "tells where a tile came from; nothing chooses by all members",
        [typeof(PassSet)] = "GraphPassesTests holds flags and passes together",
        [typeof(RecordedOutputs)] = "flags, each asked for by itself",
        [typeof(ValueKind)] = "GraphBuilder alone makes values",
        [typeof(ManifestEntryKind)] = "ModuleTree alone makes entries",
        [typeof(RerankScore)] = "CompatRules alone sets it, and CompatTests scores by each",
        [typeof(IndexingOutcome)] = "a result, counted by its number",
        [typeof(JournalRecord.Kind)] = "read from a file; what is unknown is damage",
        [typeof(TraceStage)] = "names of tensors alone make it; TracePlace refuses what it does not know",
        [typeof(ShapeSize)] = "its member's name is the word",
        [typeof(PairTruth)] = "NoisyPairs alone makes it",
        [typeof(QuestionKind)] = "ShapeQuestion alone draws it",
        [typeof(WrongDetail)] = "NoisyPairs refuses what its options do not name",
        [typeof(ShardStatusKind)] = "a result, shown by name",
        [typeof(ShardState)] = "a shard's run alone makes it; Bootstrapper refuses what it does not know",
        [typeof(ShardEventKind)] = "an event; what shows it refuses what it does not know",
        [typeof(FrozenParts)] = "flags; TrainingOptionsTests refuses what it does not know",
        [typeof(RandomPurpose)] = "a number in a counter; AugmentationTests draws by each",
        [typeof(PtxSpace)] = "the decoder alone makes it; memory refuses what it does not know",
        [typeof(PtxOperandKind)] = "the parser alone makes it; the decoder refuses what it does not know",
        [typeof(Relation)] = "flags; the decoder alone combines them",
        [typeof(MatrixSum)] = "the decoder alone makes it; the product refuses what it does not know",
        [typeof(LoadStage)] = "an event; loads alone make it",
        [typeof(WarpState)] = "a warp's own state",
        [typeof(Fault)] = "tells what went wrong",
    };

    public static TheoryData<string> Names => [.. Doors.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Every_member_is_known_and_what_is_none_is_refused(string name)
    {
        var door = Doors[name];
        foreach (var member in door.Members)
        {
            var refused = Record.Exception(() => door.Call(member));
            Assert.True(door.Refused.Contains(member) ? IsRefusal(refused) : refused is null, $"{member}: {refused?.Message ?? "taken"}");
        }
        foreach (var number in new[] { -1, door.Members.Count, 99 })
        {
            var member = (Enum)Enum.ToObject(door.Type, number);
            Assert.True(IsRefusal(Record.Exception(() => door.Call(member))), $"{number} is no member, and is taken");
        }
    }

    [Fact]
    public void Every_enumeration_has_a_door_or_a_reason()
    {
        // The benchmarks hold the cases of the tests.
        var product = typeof(EnumDoorTests).Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("Blip.", StringComparison.Ordinal)
                && name.Name is not ("Blip.Bench" or "Blip.Verification"))
            .Select(Assembly.Load);
        var all = product.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsEnum && !type.IsNestedPrivate && type.Namespace?.StartsWith("Blip.", StringComparison.Ordinal) == true)
            .ToHashSet();
        var known = Doors.Values.Select(door => door.Type).Concat(LeftOut.Keys).ToHashSet();
        Assert.Equal([], all.Except(known));
        Assert.Equal([], known.Except(all));
    }

    private static bool IsRefusal(Exception? exception) => exception is ArgumentException or UnreachableException;

    private static DType[] Except(params IEnumerable<DType> taken) => [.. Enum.GetValues<DType>().Except(taken)];

    private static Door Of<T>(string name, Action<T> call, params T[] refused)
        where T : struct, Enum => new(typeof(T), name, member => call((T)(object)member), [.. refused.Cast<Enum>()]);

    private static Door Of<T>(string name, Func<T, object> call, params T[] refused)
        where T : struct, Enum => Of<T>(name, member => { call(member); }, refused);

    private sealed record Door(Type Type, string Name, Action<Enum> Call, IReadOnlyList<Enum> Refused)
    {
        public IReadOnlyList<Enum> Members { get; } =
            [.. Enum.GetValuesAsUnderlyingType(Type).Cast<object>().Select(number => (Enum)Enum.ToObject(Type, number))];
    }

    private readonly struct Nothing : IActivationUse, IVectorUse, IMatrixUse
    {
        void IActivationUse.With<TActivation>() { }

        void IVectorUse.With<TVector, TSixteen, TPairs>() { }

        void IMatrixUse.With<TPrecision>() { }
    }
}
