using System.Reflection;
using System.Text;

namespace Blip.Tests;

/// <summary>The packages' promises to their users: every public type and member, in a list that a person has approved.</summary>
public class PublicApiTests
{
    private const string Folder = "Blip.Tests/Approved";
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<string, Assembly> Packages = new Assembly[]
    {
        typeof(Blip.Kernels.Devices.Device).Assembly,
        typeof(Blip.Runtime.Pipelines.Captioner).Assembly,
        typeof(Blip.Evaluation.CaptionMetrics).Assembly,
        typeof(Blip.Extensions.AI.BlipChatClient).Assembly,
        typeof(Blip.Datasets.Dataset).Assembly,
        typeof(Blip.Bootstrapping.Bootstrapper).Assembly,
        typeof(Blip.Training.TrainingOptions).Assembly,
        typeof(Blip.Server.BlipServerOptions).Assembly,
    }.ToDictionary(assembly => assembly.GetName().Name!);

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(int)] = "int", [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(uint)] = "uint", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    private static readonly NullabilityInfoContext Nullability = new();

    public static TheoryData<string> Names => [.. Packages.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Public_members_are_those_that_were_approved(string package) =>
        Approval.Check($"{Folder}/{package}.txt", Text(Packages[package]), nameof(PublicApiTests));

    [Fact]
    public void Every_package_has_a_list()
    {
        var packable = Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(file => Repository.Read(file) is var text && text.Contains("<IsPackable>true", StringComparison.Ordinal)
                && !text.Contains("<PackAsTool>", StringComparison.Ordinal))
            .Select(file => Path.GetFileNameWithoutExtension(file));

        Assert.Equal(packable.Order(StringComparer.Ordinal), Packages.Keys.Order(StringComparer.Ordinal));
    }

    private static string Text(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes()
            .Where(type => type.Namespace?.StartsWith("Blip.", StringComparison.Ordinal) == true).OrderBy(FullName, StringComparer.Ordinal))
        {
            text.Append(Kind(type)).Append(' ').Append(FullName(type)).Append(Bases(type)).Append('\n');
            var members = type.IsEnum
                ? Enum.GetNames(type) : type.IsAssignableTo(typeof(Delegate)) ? [Line(type.GetMethod("Invoke")!)]
                : Members(type);
            foreach (var member in members)
                text.Append("  ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static IEnumerable<string> Members(Type type) =>
        type.GetMembers(Declared).Where(IsPromised).Select(Line).Where(line => line.Length > 0).Order(StringComparer.Ordinal);

    // Members that a record's compiler writes promise the same as the record itself.
    private static bool IsPromised(MemberInfo member) => member switch
    {
        MethodBase method => IsVisible(method)
            && (!method.IsSpecialName || method is ConstructorInfo || method.Name.StartsWith("op_", StringComparison.Ordinal))
            && !method.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)),
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible)
            && !property.IsDefined(typeof(System.Runtime.CompilerServices.CompilerGeneratedAttribute)),
        EventInfo => true,
        _ => false,
    };

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Line(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => $"new({Parameters(constructor)})",
        MethodInfo method =>
            $"{Static(method.IsStatic)}{Name(method.ReturnParameter)} {method.Name}{Generic(method)}({Parameters(method)})",
        FieldInfo field =>
            $"{(field.IsLiteral ? "const " : Static(field.IsStatic))}{Name(field.FieldType, Nullability.Create(field))} {field.Name}",
        PropertyInfo property => Property(property),
        EventInfo item => $"event {Name(item.EventHandlerType!, null)} {item.Name}",
        _ => "",
    };

    private static string Property(PropertyInfo property)
    {
        var accessors = property.GetAccessors(nonPublic: true).Where(IsVisible).ToList();
        var set = property.SetMethod is { } setter && accessors.Contains(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))
                ? " init;"
                : " set;"
            : "";
        return $"{Static(accessors[0].IsStatic)}{Name(property.PropertyType, Nullability.Create(property))} {property.Name} {{ get;{set} "
            + $"}}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        $"{Name(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? $" = {parameter.DefaultValue ?? "default"}" : "")}"));

    private static string Static(bool isStatic) => isStatic ? "static " : "";

    private static string Generic(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(type => type.Name))}>" : "";

    private static string Name(ParameterInfo parameter) => Name(parameter.ParameterType, Nullability.Create(parameter));

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
            return $"ref {Name(type.GetElementType()!, null)}";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return $"{Name(underlying, null)}?";
        var mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[]{mark}";
        if (!type.IsGenericType)
            return $"{Keywords.GetValueOrDefault(type, type.Name)}{mark}";
        var arguments = type.GetGenericArguments()
            .Select((argument, i) => Name(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i)));
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>{mark}";
    }

    private static string FullName(Type type) =>
        type.DeclaringType is { } outer ? $"{FullName(outer)}.{Name(type, null)}" : $"{type.Namespace}.{Name(type, null)}";

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        _ when type.IsAssignableTo(typeof(Delegate)) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string Bases(Type type)
    {
        if (type.IsEnum || type.IsAssignableTo(typeof(Delegate)))
            return "";
        var inherited = type.BaseType?.GetInterfaces() ?? [];
        // An internal interface promises nothing.
        var bases = type.GetInterfaces().Except(inherited)
            .Where(one => one.IsVisible && !one.Name.StartsWith("IEquatable", StringComparison.Ordinal))
            .Select(one => Name(one, null))
            .Order(StringComparer.Ordinal).ToList();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            bases.Insert(0, Name(parent, null));
        return bases.Count == 0 ? "" : $" : {string.Join(", ", bases)}";
    }
}
